"""Who may do what: capabilities are words, a role is a set of them, an actor carries one role's set.

The table role → capabilities is data (``tenants/roles.yaml``); policies ask an :class:`Actor`.
"""

from dataclasses import dataclass
from uuid import UUID

from sanfang.kernel.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or the machine) who acts inside one tenant.

    ``staff_id`` is the tenant-local staff row; ``user_id`` the global account, None for the machine.
    """

    staff_id: UUID
    name: str
    role: str
    capabilities: frozenset[str]
    user_id: int | None = None

    def may(self, capability: str) -> bool:
        return capability in self.capabilities

    def require(self, capability: str) -> None:
        """Raises :class:`Forbidden` unless the actor's role has ``capability``."""
        if capability not in self.capabilities:
            raise Forbidden(capability)

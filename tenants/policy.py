"""Who may take whose membership away."""

from tenants.roles import roles


def may_remove(remover: str, role: str) -> bool:
    """Whether somebody in the role ``remover`` may remove somebody else in ``role``."""
    own = roles()[remover]
    return "staff.manage" in own.capabilities and role in own.removes

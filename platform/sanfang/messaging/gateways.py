"""The providers that carry messages. ``settings.MESSAGE_GATEWAY`` names the one in use."""

from dataclasses import dataclass
from typing import Protocol, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class Outgoing:
    """``id`` is the idempotency key: a provider that gets one twice delivers it once. Providers that send by approved
    templates want ``signature`` (without brackets), ``template`` (their own id of it) and ``parameters`` in its order;
    ``reference`` comes back with the receipt."""

    id: UUID
    to: str
    text: str
    signature: str = ""
    template: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    reference: str = ""


class Rejected(Exception):
    """The provider will not carry this message, now or later."""


class Unavailable(Exception):
    """The provider could not be reached or has no room; the same message may be tried again."""


class Gateway(Protocol):
    """``provider`` is the provider's entry in providers.yaml. ``templated``: it sends approved templates only."""

    provider: str
    templated: bool

    def send(self, message: Outgoing) -> str:
        """Hands the message over and returns the provider's id. Raises Rejected or Unavailable."""


class Development:
    """Carries nothing anywhere: the message stays in its table, where the outbox page shows it."""

    provider = "development"
    templated = False

    def send(self, message: Outgoing) -> str:
        return f"dev-{message.id.hex[-12:]}"


def gateway() -> Gateway:
    return cast(Gateway, import_string(settings.MESSAGE_GATEWAY)())


def in_development() -> bool:
    """Whether messages stay in the house."""
    return isinstance(gateway(), Development)

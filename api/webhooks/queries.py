"""What the pages of webhooks show."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from api.webhooks.models import Endpoint, Letter
from api.webhooks.policy import endpoints
from api.webhooks.rules import Kind, kind_of, kinds
from sanfang.kernel.permissions import Actor

SHOWN = 100
TONES = {"active": "good", "off": "muted", "failed": "danger", "delivered": "good", "waiting": "info"}


@dataclass(frozen=True, slots=True)
class Shown:
    id: UUID
    url: str
    kinds: list[Kind]
    state: str
    state_label: Any
    tone: str
    failing_since: datetime | None
    waiting: int
    failed: int


@dataclass(frozen=True, slots=True)
class ShownLetter:
    id: UUID
    title: str
    name: str
    at: datetime
    state: str
    state_label: Any
    tone: str
    attempts: int
    last: dict[str, Any] | None
    next_at: datetime | None


def listed(actor: Actor) -> list[Shown]:
    endpoints.require(actor, "see")
    waiting, failed = (Count("letters", filter=Q(letters__state=state)) for state in ("waiting", "failed"))
    found = endpoints.visible(actor).annotate(waiting=waiting, failed=failed).order_by("created_at", "pk")
    return [_shown(one) for one in found]


def one(actor: Actor, key: UUID) -> Shown:
    waiting, failed = (Count("letters", filter=Q(letters__state=state)) for state in ("waiting", "failed"))
    return _shown(endpoints.get(actor, key, rows=Endpoint.objects.annotate(waiting=waiting, failed=failed)))


def letters(actor: Actor, key: UUID) -> list[ShownLetter]:
    """The newest; the log of an endpoint."""
    endpoints.require(actor, "see")
    return [_letter(one) for one in Letter.objects.filter(endpoint=key).order_by("-at", "-pk")[:SHOWN]]


def _shown(row: Any) -> Shown:
    return Shown(
        id=row.pk,
        url=row.url,
        kinds=[kinds()[name] for name in row.kinds if name in kinds()],
        state=row.state,
        state_label=Endpoint.State(row.state).label,
        tone=TONES[row.state],
        failing_since=row.failing_since,
        waiting=row.waiting,
        failed=row.failed,
    )


def _letter(row: Letter) -> ShownLetter:
    kind = kind_of(row.event)
    return ShownLetter(
        id=row.pk,
        title=kind.title if kind else row.event,
        name=f"msg_{row.pk.hex}",
        at=row.at,
        state=row.state,
        state_label=Letter.State(row.state).label,
        tone=TONES[row.state],
        attempts=row.attempts,
        last=row.tries[-1] if row.tries else None,
        next_at=row.next_at if row.state == Letter.State.WAITING and row.attempts else None,
    )

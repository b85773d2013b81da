"""Whose work a call is. The queue is everybody's until somebody is named."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from crm.followups.models import FollowUp, Hold, State
from crm.followups.policy import callbacks
from sanfang.audit.actions import record_events
from sanfang.kernel.errors import DomainError
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.models import Staff
from tenants.roles import roles

CALLER = callbacks.verbs["make"]


@dataclass(frozen=True, slots=True)
class Assigned:
    """``moved``: calls that are somebody else's now. ``in_hand``: left where they are, because their customer is on
    the line with somebody. ``ended``: there was nothing left to do."""

    moved: int
    in_hand: int
    ended: int


@transaction.atomic
def assign(actor: Actor, keys: Collection[UUID], people: Sequence[UUID], *, now: datetime) -> Assigned:
    """These calls are the work of ``people`` from now on; of nobody in particular when there are none.

    Several share them as evenly as customers allow: all calls of one customer go to one person (handbook §3, one
    customer, one caller). Raises :class:`DomainError` for somebody who has left or doesn't make calls.
    """
    callbacks.require(actor, "assign")
    for person in Staff.objects.filter(pk__in=people):
        check_caller(person)
    rows = list(FollowUp.objects.filter(pk__in=keys).order_by("pk").select_for_update())
    open_ones = [row for row in rows if row.state == State.OPEN]
    held = set(
        Hold.objects.filter(
            customer__in={row.customer_id for row in open_ones}, until__gt=now, begun_at__isnull=False
        ).values_list("customer_id", flat=True)
    )
    free = [row for row in open_ones if row.customer_id not in held]
    shares = shared_out(((row.pk, row.customer_id) for row in _in_order(free)), people)
    moved = [row for row in free if row.assignee_id != shares[row.pk]]
    before = {row.pk: row.assignee_id for row in moved}
    for row in moved:
        row.assignee_id = shares[row.pk]
    FollowUp.objects.bulk_update(moved, ["assignee"], batch_size=1000)
    record_events(
        actor,
        [(row, {"of": _text(before[row.pk]), "to": _text(row.assignee_id)}) for row in moved],
        "callback.assigned",
        now,
    )
    return Assigned(moved=len(moved), in_hand=len(open_ones) - len(free), ended=len(rows) - len(open_ones))


def hand_over_all(actor: Actor, leaver: UUID, people: Sequence[UUID], *, now: datetime) -> Assigned:
    """Everything open that was ``leaver``'s, as in :func:`assign`."""
    keys = FollowUp.objects.filter(state=State.OPEN, assignee=leaver).values_list("pk", flat=True)
    return assign(actor, list(keys), people, now=now)


def shared_out(work: Iterable[tuple[UUID, UUID]], people: Sequence[UUID]) -> dict[UUID, UUID | None]:
    """Call → person. ``work``: calls with their customers, in the order in which they should be done.

    A customer's calls go together to whoever has fewest so far, so what two people get never differs by more than
    the calls of one customer.
    """
    calls_of: dict[UUID, list[UUID]] = {}
    for call, customer in work:
        calls_of.setdefault(customer, []).append(call)
    load = dict.fromkeys(people, 0)
    shares: dict[UUID, UUID | None] = {}
    for calls in calls_of.values():
        person = min(load, key=lambda one: load[one]) if load else None
        if person is not None:
            load[person] += len(calls)
        shares |= dict.fromkeys(calls, person)
    return shares


def check_caller(person: Staff) -> None:
    """Raises :class:`DomainError` unless ``person`` works here and makes calls."""
    role = roles().get(person.role)
    if not person.active or person.user_id is None:
        raise DomainError(_("%(name)s 已不在岗，请选择其他同事。") % {"name": person.name}, code="left")
    if role is None or CALLER not in role.capabilities:
        raise DomainError(_("%(name)s 的岗位不做回访，请选择其他同事。") % {"name": person.name}, code="no_caller")


def _in_order(rows: list[FollowUp]) -> list[FollowUp]:
    return sorted(rows, key=lambda row: (row.promised_at or row.due, row.pk))


def _text(key: UUID | None) -> str | None:
    return str(key) if key else None

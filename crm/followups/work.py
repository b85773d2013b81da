"""The specialists' work in the order in which it should be done: what breaks first comes first."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from crm.followups.contacts import cooling_down
from crm.followups.models import Attempt, FollowUp
from crm.followups.reach import callable_at
from crm.followups.tries import just_failed, times_in_vain
from crm.store.queries import StoreFacts
from sanfang.kernel.permissions import Actor
from sanfang.standards.definitions import Pack

OVERDUE, TODAY, PROMISED, LATER = "overdue", "today", "promised", "later"
GROUPS = (OVERDUE, TODAY, PROMISED, LATER)
"""``overdue``: past the due instant, or past a promise. ``promised``: a promise still to come, whenever the
window closes: the customer chose the time. ``later``: may be called now, due after today."""


def tomorrow(place: StoreFacts, now: datetime) -> datetime:
    return place.calendar.start_of(place.calendar.day_of(now) + timedelta(days=1))


def today(place: StoreFacts, now: datetime) -> datetime:
    return place.calendar.start_of(place.calendar.day_of(now))


def in_group(place: StoreFacts, now: datetime) -> Mapping[str, Q]:
    """Which calls belong to which group; each call to exactly one."""
    unpromised = Q(promised_at=None)
    return {
        OVERDUE: (unpromised & Q(due__lt=now)) | Q(promised_at__lte=now),
        TODAY: unpromised & Q(due__gte=now, due__lt=tomorrow(place, now)),
        PROMISED: Q(promised_at__gt=now),
        LATER: unpromised & Q(due__gte=tomorrow(place, now)),
    }


def section_of(place: StoreFacts, now: datetime) -> Case:
    """The name of a call's group."""
    sections = in_group(place, now)
    return Case(*(When(condition, then=Value(name)) for name, condition in sections.items()), output_field=CharField())


def todo(place: StoreFacts, now: datetime) -> Any:
    """The calls that can be made, each with ``section`` (its group), ``deadline``, ``priority`` and ``tried``:
    called in vain today, so that the others come first, and ``unreached``: how often they were in vain."""
    return described(FollowUp.objects.filter(callable_at(now)), place, now)


def described(rows: Any, place: StoreFacts, now: datetime) -> Any:
    """Any calls, with what :func:`todo` says of those that can be made."""
    tried_today = Exists(Attempt.objects.filter(follow_up=OuterRef("pk"), at__gte=today(place, now)))
    return rows.annotate(
        section=section_of(place, now),
        deadline=Coalesce("promised_at", "due"),
        priority=priorities(place.pack),
        tried=Case(
            When(Q(attempts=0) | Q(promised_at__isnull=False), then=Value(False)),
            default=tried_today,
            output_field=BooleanField(),
        ),
        unreached=Case(When(attempts=0, then=Value(0)), default=Coalesce(times_in_vain(), 0)),
    )


def priorities(pack: Pack) -> Case:
    """The standard's order among calls that are due together; 1 first, rules it no longer has last."""
    last = max((rule.priority for rule in pack.rules.values()), default=0) + 1
    return Case(
        *(When(rule=rule.id, then=Value(rule.priority)) for rule in pack.rules.values()),
        default=Value(last),
        output_field=IntegerField(),
    )


ORDER = ("tried", "deadline", "priority", "opens", "pk")


def page(place: StoreFacts, now: datetime, section: str, *, most: int, only: Q, order: Sequence[Any] = ORDER) -> Any:
    """The first ``most`` calls of one group, in order, with customer, vehicle, holder and assignee."""
    rows = todo(place, now).filter(only & in_group(place, now)[section])
    return rows.select_related("customer__hold__staff", "vehicle", "assignee").order_by(*order)[:most]


def next_after(
    actor: Actor, done: UUID, place: StoreFacts, now: datetime, *, only: Q | None = None, order: Sequence[Any] = ORDER
) -> UUID | None:
    """The call to go on with: not promised for later, not tried today, not with somebody else, not of somebody who has
    just been rung up in vain, nor of one who was reached within the cool-down."""
    elsewhere = Q(customer__hold__until__gt=now) & ~Q(customer__hold__staff=actor.staff_id)
    ranks = Case(*(When(section=name, then=Value(rank)) for rank, name in enumerate(GROUPS)))
    rows = (
        todo(place, now)
        .filter(only or Q())
        .filter(~Q(pk=done), ~elsewhere, ~just_failed(place.pack.calling, now), tried=False)
        .exclude(cooling_down(place.pack.calling, place, now))
        .exclude(section=PROMISED)
    )
    found: UUID | None = rows.order_by(ranks, *order).values_list("pk", flat=True).first()
    return found

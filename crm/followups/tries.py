"""Attempts in vain: how many a call has had, and when the same customer may be rung up again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, IntegerField, OuterRef, Subquery
from django.utils.translation import gettext as _

from crm.followups.models import Attempt
from crm.followups.outcomes import FAILED
from crm.store.queries import StoreFacts
from sanfang.kernel.errors import DomainError
from sanfang.standards.definitions import Calling


@dataclass(frozen=True, slots=True)
class InVain:
    """A customer's failed attempts. ``here``: those of the call at hand; ``last``: the newest of any of their calls."""

    here: int
    last: datetime | None

    def enough(self, calling: Calling) -> bool:
        """Whether one more is the last that the standard asks for."""
        return self.here + 1 >= calling.attempts_before_survey

    def again_from(self, calling: Calling, now: datetime) -> datetime | None:
        """From when the next one counts; None when it would now. Two calls of one customer share one telephone."""
        if self.last is None or self.last + calling.pause <= now:
            return None
        return self.last + calling.pause

    def check_pause(self, calling: Calling, place: StoreFacts, now: datetime) -> None:
        """Raises :class:`DomainError` that says from when on another attempt in vain counts."""
        since = self.again_from(calling, now)
        if since is not None:
            raise DomainError(too_soon(since, calling, place), code="too_soon", field="outcome")


def in_vain(tries: Iterable[tuple[UUID, int, datetime]], follow_up_id: UUID, attempt: int) -> InVain:
    """``tries``: follow-up, number and moment of the customer's failed attempts. Those from ``attempt`` on are the
    one at hand."""
    earlier = [(call, at) for call, number, at in tries if call != follow_up_id or number < attempt]
    return InVain(sum(call == follow_up_id for call, _at in earlier), max((at for _call, at in earlier), default=None))


def failed_before(customer_id: UUID, follow_up_id: UUID, attempt: int) -> InVain:
    """Read from the database, in one statement."""
    rows = Attempt.objects.filter(follow_up__customer=customer_id, outcome__in=FAILED)
    return in_vain(rows.values_list("follow_up_id", "number", "at"), follow_up_id, attempt)


def times_in_vain() -> Subquery:
    """Of calls: how many of their attempts reached nobody. A promise or a wrong number is none of these."""
    failed = Attempt.objects.filter(follow_up=OuterRef("pk"), outcome__in=FAILED).order_by().values("follow_up")
    return Subquery(failed.annotate(times=Count("pk")).values("times"), output_field=IntegerField())


def just_failed(calling: Calling, now: datetime) -> Exists:
    """Of rows with a customer: the last attempt at them is too fresh for another."""
    fresh = Attempt.objects.filter(outcome__in=FAILED, at__gt=now - calling.pause)
    return Exists(fresh.filter(follow_up__customer=OuterRef("customer")))


def too_soon(since: datetime, calling: Calling, place: StoreFacts) -> str:
    local = place.calendar.local
    return _("这位客户 %(last)s 刚拨过、未接通；请间隔 %(minutes)d 分钟，%(from)s 起再拨再登记。") % {
        "last": f"{local(since - calling.pause):%H:%M}",
        "minutes": calling.pause.total_seconds() // 60,
        "from": f"{local(since):%H:%M}",
    }

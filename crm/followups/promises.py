"""When a call can be promised for: the store is open, calls are allowed, and not in the far future."""

from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from crm.customers.queries import contact_rules as rules_of
from crm.followups.contact_words import in_words
from crm.store.queries import StoreFacts
from sanfang.kernel.contacts import Stretch, hours_on
from sanfang.kernel.errors import DomainError
from sanfang.kernel.rules import Channel
from sanfang.standards.definitions import Calling

FURTHEST = timedelta(days=60)
"""A promise further away is a mistyped date."""
FIELD = "callback_at"


def checked(promised_at: datetime | None, place: StoreFacts, calling: Calling, now: datetime) -> datetime:
    """``promised_at``, if somebody will be there to call and may. Raises :class:`DomainError` that says when."""
    if promised_at is None:
        raise DomainError(_("请选择约定回拨的时间。"), code="no_time", field=FIELD)
    if promised_at <= now:
        raise DomainError(_("约定回拨的时间已经过去，请选择以后的时间。"), code="past", field=FIELD)
    if promised_at > now + FURTHEST:
        most = {"days": FURTHEST.days}
        raise DomainError(_("约定回拨最多可以约到 %(days)d 天以内，请检查日期。") % most, code="too_far", field=FIELD)
    day = place.calendar.day_of(promised_at)
    spans = calling_hours(place, calling, day)
    if not spans:
        raise DomainError(
            _("%(day)s 门店不营业，请换一天。") % {"day": day.isoformat()}, code="closed_day", field=FIELD
        )
    if not any(opens <= promised_at < closes for opens, closes in spans):
        raise DomainError(
            _("请选择可以拨打电话的时间：%(day)s %(hours)s。")
            % {"day": day.isoformat(), "hours": in_words(spans, place.calendar)},
            code="closed_hours",
            field=FIELD,
        )
    return promised_at


def calling_hours(place: StoreFacts, calling: Calling, day: date) -> list[Stretch]:
    """The stretches of ``day`` in which the store is open and the standard allows calls."""
    return hours_on(Channel.PHONE, rules_of(calling, place), day)


def quick(place: StoreFacts, calling: Calling, now: datetime) -> list[datetime]:
    """The times people choose most (in an hour, the next two half days), as far as they can be kept."""
    today = place.calendar.day_of(now)
    tomorrow = place.calendar.next_open_day(today + timedelta(days=1))
    wishes = [
        _quarter(now + timedelta(hours=1)),
        place.calendar.instant(datetime.combine(today, time(15))),
        place.calendar.instant(datetime.combine(tomorrow, time(10))),
        place.calendar.instant(datetime.combine(tomorrow, time(15))),
    ]
    kept = []
    for wish in wishes:
        hours = calling_hours(place, calling, place.calendar.day_of(wish))
        if wish > now and any(opens <= wish < closes for opens, closes in hours):
            kept.append(wish)
    return sorted(dict.fromkeys(kept))


def _quarter(moment: datetime) -> datetime:
    """Up to the next quarter of an hour."""
    behind = timedelta(minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond)
    return moment - behind + timedelta(minutes=15) if behind else moment

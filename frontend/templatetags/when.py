"""Dates and times as staff read them: 10:32 · 昨 11:24 · 11-18 14:05 · 2025-06-18 周三.

Every filter works in the current time zone (the store's) and takes `now` as an argument, so that one page
speaks of one moment.
"""

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

register = template.Library()

WEEKDAYS = (
    gettext_lazy("周一"),
    gettext_lazy("周二"),
    gettext_lazy("周三"),
    gettext_lazy("周四"),
    gettext_lazy("周五"),
    gettext_lazy("周六"),
    gettext_lazy("周日"),
)


@register.filter
def clock(moment: date | datetime | None, now: datetime) -> str:
    """Short: the hour today, 昨/明 beside it, else month and day, else the full date. A day has no hour to show."""
    if moment is None:
        return ""
    if not isinstance(moment, datetime):
        return clock_day(moment, now)
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    hour = f"{local:%H:%M}"
    match (local.date() - today).days:
        case 0:
            return hour
        case -1:
            return _("昨 %(hour)s") % {"hour": hour}
        case 1:
            return _("明 %(hour)s") % {"hour": hour}
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d}"


@register.filter
def clock_day(moment: date | datetime | None, now: datetime) -> str:
    """As `clock`, for what is known only to the day."""
    if moment is None:
        return ""
    on = timezone.localtime(moment).date() if isinstance(moment, datetime) else moment
    return f"{on:%m-%d}" if on.year == timezone.localtime(now).year else f"{on:%Y-%m-%d}"


@register.filter
def until(end: datetime | None, start: datetime | None) -> str:
    """The end of a stretch whose start has just been written: only the hour when it is the same day."""
    if end is None or start is None:
        return ""
    last, first = timezone.localtime(end), timezone.localtime(start)
    return f"{last:%H:%M}" if last.date() == first.date() else f"{last:%m-%d %H:%M}"


@register.filter
def day(moment: date | datetime | None) -> str:
    """A date with its weekday, as in every list and report."""
    if moment is None:
        return ""
    on = timezone.localtime(moment).date() if isinstance(moment, datetime) else moment
    return f"{on:%Y-%m-%d} {WEEKDAYS[on.weekday()]}"


@register.filter
def ago(moment: date | datetime | None, now: datetime) -> str:
    """How long ago in whole days, months or years: what a caller says aloud."""
    if moment is None:
        return ""
    then = timezone.localtime(moment).date() if isinstance(moment, datetime) else moment
    days = (timezone.localtime(now).date() - then).days
    if days <= 0:
        return pgettext("last contact", "今天")
    if days < 60:
        return ngettext("%(n)d 天前", "%(n)d 天前", days) % {"n": days}
    return _("%(span)s前") % {"span": span(then, now)}


@register.filter
def span(since: date | datetime | None, now: datetime) -> str:
    """Time since a day in years and months (3 年 2 个月): how long someone has owned a car."""
    if since is None:
        return ""
    then = timezone.localtime(since).date() if isinstance(since, datetime) else since
    today = timezone.localtime(now).date()
    months = (today.year - then.year) * 12 + today.month - then.month - (today.day < then.day)
    years, rest = divmod(max(months, 0), 12)
    parts = []
    if years:
        parts.append(ngettext("%(n)d 年", "%(n)d 年", years) % {"n": years})
    if rest or not years:
        parts.append(ngettext("%(n)d 个月", "%(n)d 个月", rest) % {"n": rest})
    return " ".join(parts)


@register.filter
def epoch(moment: datetime) -> int:
    """Seconds since 1970: what the countdowns in the browser reckon with."""
    return int(moment.timestamp())


@register.filter
def minutes(length: timedelta) -> int:
    """A length of time in whole minutes, rounded up."""
    return -(-length // timedelta(minutes=1))


@register.filter
def field_value(moment: datetime) -> str:
    """The value of an <input type="datetime-local">, in the store's time."""
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"

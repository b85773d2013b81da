"""Why a customer may not be contacted now, in the words of a colleague: what is the matter and what to do instead.

Screens and refused actions say the same, because both take it from here.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sanfang.kernel.calendar import StoreCalendar
from sanfang.kernel.contacts import ContactRules, Objection, Reason, Stretch, Verdict, hours_on
from sanfang.kernel.errors import Conflict, DomainError
from sanfang.kernel.rules import Channel


@dataclass(frozen=True, slots=True)
class Said:
    """``code``: a :class:`~sanfang.kernel.contacts.Reason`. ``until``: when it ends by itself. ``waivable``: "the
    customer asks for it now" lifts it."""

    code: str
    text: str
    since: datetime | None
    until: datetime | None
    waivable: bool


@dataclass(frozen=True, slots=True)
class Contact:
    """What a screen shows: may they be contacted now, and all that speaks against it, the weightiest first.

    ``until``: when all of it has passed, or None. ``waivable``: the customer's own wish lifts all of it.
    """

    allowed: bool
    reasons: tuple[Said, ...]
    until: datetime | None
    waivable: bool


def told(verdict: Verdict, rules: ContactRules, now: datetime) -> Contact:
    found = verdict.objections
    return Contact(
        allowed=verdict.allowed,
        reasons=tuple(Said(one.reason, words(one, rules, now), one.since, one.until, one.waivable) for one in found),
        until=verdict.until,
        waivable=bool(found) and all(one.waivable for one in found),
    )


def refusal(objection: Objection, rules: ContactRules, now: datetime) -> DomainError:
    """The error that says it. Somebody else's customer is a conflict with them."""
    kind = Conflict if objection.reason is Reason.HELD else DomainError
    return kind(words(objection, rules, now), code=objection.reason.value)


def words(one: Objection, rules: ContactRules, now: datetime) -> str:
    match one.reason:
        case Reason.DO_NOT_CALL:
            if one.since:
                return _("该客户 %(day)s 起不接受回访，请不要拨打。") % {"day": _day(one.since, rules)}
            return _("该客户不接受回访，请不要拨打。")
        case Reason.OPTED_OUT:
            return _("客户已拒收短信，请不要再发。")
        case Reason.WRONG_NUMBER:
            return _("这个号码已标记为错误，请先登记客户信息跟踪。")
        case Reason.NO_NUMBER:
            return _("该客户没有可拨打的号码，请先登记客户信息跟踪。")
        case Reason.SERVED:
            return _("您接待过这位客户，回访要由没有接待过他的同事来做。")
        case Reason.HELD:
            assert one.since is not None
            return held(one.who, one.since, rules.calendar)
        case Reason.COOL_DOWN:
            return _cooling(one, rules)
        case Reason.TOO_MANY:
            return _too_many(one, rules)
        case Reason.QUIET:
            return _quiet(rules, now)


def held(by: str, since: datetime, calendar: StoreCalendar) -> str:
    return _("%(name)s 正在处理（%(time)s 起），请先处理其他客户。") % {
        "name": by,
        "time": f"{calendar.local(since):%H:%M}",
    }


def _cooling(one: Objection, rules: ContactRules) -> str:
    assert one.since is not None
    assert one.until is not None
    text = ngettext(
        "这位客户 %(last)s 接通过回访电话，%(days)d 天内不再打扰，%(from)s 起可以拨打。投诉回访和客户约定的回拨除外。",
        "这位客户 %(last)s 接通过回访电话，%(days)d 天内不再打扰，%(from)s 起可以拨打。投诉回访和客户约定的回拨除外。",
        rules.cool_down_days,
    )
    return text % {
        "last": _moment(one.since, rules),
        "days": rules.cool_down_days,
        "from": _day(one.until, rules),
    }


def _too_many(one: Objection, rules: ContactRules) -> str:
    assert one.until is not None
    return _("%(days)d 天内已经给这位客户发过 %(count)d 条短信，%(from)s 起可以再发。") % {
        "days": rules.messages_within.days,
        "count": rules.messages_at_most or 0,
        "from": _moment(one.until, rules),
    }


def _quiet(rules: ContactRules, now: datetime) -> str:
    spans = hours_on(Channel.PHONE, rules, rules.calendar.day_of(now))
    if not spans:
        return _("门店今天休息，现在不是外呼时段。客户没有要求的话，请改日再拨。")
    return _("现在不是外呼时段（今天 %(hours)s）。客户没有要求的话，请换个时间再拨。") % {
        "hours": in_words(spans, rules.calendar)
    }


def in_words(spans: list[Stretch], calendar: StoreCalendar) -> str:
    local = calendar.local
    return _("、").join(f"{local(opens):%H:%M}–{local(closes):%H:%M}" for opens, closes in spans)


def _day(moment: datetime, rules: ContactRules) -> str:
    local = rules.calendar.local(moment)
    return f"{local.month}-{local.day}"


def _moment(moment: datetime, rules: ContactRules) -> str:
    local = rules.calendar.local(moment)
    return f"{local.month}-{local.day} {local:%H:%M}"

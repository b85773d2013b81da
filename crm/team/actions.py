"""Saying who does whose work. Who stands in for whom is never moved, so nothing has to come back."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from crm.followups.actions import assign as assign_calls
from crm.followups.actions import check_caller, hand_over_all
from crm.store.queries import store
from crm.team.duty import Period, closes_a_circle
from crm.team.models import Deputy
from crm.team.policy import deputies
from sanfang.audit.actions import record_event
from sanfang.kernel.errors import Conflict, DomainError, NotFound
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.models import Staff

LONGEST_DAYS = 366
"""Longer is a mistyped year, or somebody who has left."""


@transaction.atomic
def appoint(
    actor: Actor, *, absent: UUID, deputy: UUID, first: date, last: date, reason: str = "", now: datetime
) -> Deputy:
    """``deputy`` does ``absent``'s work from ``first`` to ``last``, both inclusive.

    Raises :class:`DomainError` for days that are over or turned round, for somebody who doesn't make calls, for a
    second deputy on the same day, and for a circle in which nobody would be left to work.
    """
    deputies.require(actor, "make")
    people = _both(absent, deputy)
    today = store().calendar.day_of(now)
    _check_days(first, last, today)
    check_caller(people[absent])
    check_caller(people[deputy])
    wanted = Period(absent, deputy, first, last)
    rows = Deputy.objects.filter(ended_at=None, last_day__gte=first, first_day__lte=last).select_related("deputy")
    known = list(rows)
    already = next((row for row in known if row.absent_id == absent), None)
    if already is not None:
        raise Conflict(
            _("%(name)s 在 %(first)s 至 %(last)s 已由 %(deputy)s 代理，请先结束那次代理或改日期。")
            % {
                "name": people[absent].name,
                "first": already.first_day.isoformat(),
                "last": already.last_day.isoformat(),
                "deputy": already.deputy.name,
            },
            code="overlap",
        )
    if closes_a_circle(wanted, [period(row) for row in known]):
        raise DomainError(
            _("%(deputy)s 在这段时间的工作正由 %(name)s 代理，这样就没有人在岗了。请选择其他同事。")
            % {"deputy": people[deputy].name, "name": people[absent].name},
            code="circle",
            field="deputy",
        )
    made = Deputy.objects.create(
        absent_id=absent,
        deputy_id=deputy,
        first_day=first,
        last_day=last,
        reason=reason.strip()[:60],
        made_by_id=actor.staff_id,
        made_at=now,
    )
    words = {"first": first.isoformat(), "last": last.isoformat(), "deputy": str(deputy)}
    record_event(actor, people[absent], "team.deputy_appointed", now, **words)
    return made


@transaction.atomic
def end(actor: Actor, deputy: Deputy, *, now: datetime) -> None:
    """The absent person is back (or never went). Their work is theirs again at once."""
    deputies.require(actor, "end")
    if not Deputy.objects.filter(pk=deputy.pk, ended_at=None).update(ended_at=now):
        raise Conflict(_("这次代理已经结束。"), code="ended")
    record_event(actor, deputy.absent, "team.deputy_ended", now, deputy=str(deputy.deputy_id))


def assign(actor: Actor, calls: Collection[UUID], people: Sequence[UUID], *, now: datetime) -> str:
    """These calls are ``people``'s work from now on (nobody: everybody's). What came of it, in words."""
    done = assign_calls(actor, calls, people, now=now)
    said = [_("已改派 %(count)d 个回访。") % {"count": done.moved}]
    if done.in_hand:
        said.append(_("%(count)d 个正在通话中，没有改派。") % {"count": done.in_hand})
    if done.ended:
        said.append(_("%(count)d 个已经结束。") % {"count": done.ended})
    return "".join(said)


@transaction.atomic
def hand_over(actor: Actor, leaver: UUID, people: Sequence[UUID], *, now: datetime) -> int:
    """Somebody leaves (handbook §13): their open calls go to ``people``, or to everybody. How many there were.

    They stand in for nobody any more; whoever they stood in for needs another deputy, and is back until then.
    """
    done = hand_over_all(actor, leaver, people, now=now)
    for row in Deputy.objects.filter(ended_at=None, deputy=leaver) | Deputy.objects.filter(
        ended_at=None, absent=leaver
    ):
        end(actor, row, now=now)
    return done.moved


def period(row: Deputy) -> Period:
    return Period(row.absent_id, row.deputy_id, row.first_day, row.last_day, row.ended_at)


def _check_days(first: date, last: date, today: date) -> None:
    if last < first:
        raise DomainError(_("最后一天不能早于第一天。"), code="turned_round", field="last")
    if last < today:
        raise DomainError(_("这段时间已经过去，请选择今天或以后的日期。"), code="past", field="last")
    if (last - first).days >= LONGEST_DAYS:
        raise DomainError(_("代理最长一年；离职请移除账号并移交工作。"), code="too_long", field="last")


def _both(absent: UUID, deputy: UUID) -> dict[UUID, Staff]:
    """Locked in one order, so that two who appoint at once see each other's deputies."""
    if absent == deputy:
        raise DomainError(_("代理人不能是本人。"), code="same", field="deputy")
    # Circles can lie between any two, so everybody who appoints waits for the same row.
    rows = list(Staff.objects.filter(user_id__isnull=False).order_by("pk").select_for_update())
    found = {row.pk: row for row in rows if row.pk in {absent, deputy}}
    if len(found) < 2:
        raise NotFound("staff")
    return found

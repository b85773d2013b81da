"""Drawing calls for a check, and writing down what a check found."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.checks.checklist import checklist, judge
from crm.checks.draw import draw as drawn
from crm.checks.models import Check
from crm.checks.policy import checks
from crm.followups.queries import talks
from crm.store.queries import store
from sanfang.audit.actions import record_event
from sanfang.kernel.calendar import add_months
from sanfang.kernel.errors import DomainError
from sanfang.kernel.permissions import Actor

MOST_EACH = 50
"""More calls of one person than anybody checks in a month."""
HIGHEST_SEED = 2**31 - 1


@transaction.atomic
def draw(actor: Actor, *, month: date, each: int, seed: int, now: datetime) -> int:
    """Draws ``each`` calls of every caller of ``month`` (its first day) in which somebody was on the line.

    The same draw again finds the same calls and adds nothing but what has been called since. How many are new.
    """
    checks.require(actor, "draw")
    if not 1 <= each <= MOST_EACH:
        raise DomainError(_("每人抽 1 到 %(most)d 个。") % {"most": MOST_EACH}, code="each", field="each")
    if not 0 <= seed <= HIGHEST_SEED:
        raise DomainError(_("随机种子须是 0 到 %(most)d 的整数。") % {"most": HIGHEST_SEED}, code="seed", field="seed")
    calendar = store().calendar
    start, end = calendar.start_of(month), calendar.start_of(add_months(month, 1))
    calls = talks(start, end)
    chosen = drawn(calls, seed, each)
    caller = dict(calls)
    before = Check.objects.count()
    Check.objects.bulk_create(
        [
            Check(
                attempt_id=call,
                staff_id=caller[call],
                drawn_of=month,
                seed=seed,
                drawn_by_id=actor.staff_id,
                drawn_at=now,
            )
            for call in chosen
        ],
        ignore_conflicts=True,
    )
    return Check.objects.count() - before


@transaction.atomic
def record(
    actor: Actor,
    check: Check,
    *,
    points: Mapping[str, bool | None],
    comment: str = "",
    recording: str = "",
    now: datetime,
) -> Check:
    """What the check found. It can be corrected; the history keeps what it was. Nobody checks their own calls."""
    checks.require(actor, "record")
    if check.staff_id == actor.staff_id:
        raise DomainError(_("自己的通话请由其他人抽检。"), code="own_call")
    rules = checklist()
    known = {item.id: points.get(item.id) for item in rules.items}
    judged = judge(known, rules)
    if judged is None:
        raise DomainError(_("请至少评一项。"), code="nothing", field="points")
    if not judged.passed and not comment.strip():
        raise DomainError(_("没有通过的，请写明原因，专员会看到。"), code="no_comment", field="comment")
    check.points, check.version = known, rules.version
    check.score, check.passed = judged.score, judged.passed
    check.comment, check.recording = comment.strip()[:1000], recording.strip()[:300]
    check.checker_id, check.checked_at, check.seen_at = actor.staff_id, check.checked_at or now, None
    check.save()
    record_event(actor, check, "check.recorded", now, score=judged.score, passed=judged.passed)
    return check


def see(actor: Actor, check: Check, *, now: datetime) -> None:
    """The person whose call it was has opened the result: the manager sees that they did."""
    if check.staff_id == actor.staff_id and check.checked_at is not None and check.seen_at is None:
        Check.objects.filter(pk=check.pk, seen_at=None).update(seen_at=now)

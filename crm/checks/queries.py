"""The checks of a month, one check with the call's log, and everybody's rate."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.checks.checklist import Checklist, checklist
from crm.checks.models import Check
from crm.checks.policy import checks
from crm.followups.queries import OUTCOMES, rule_of
from crm.surveys.queries import in_words, of_follow_up
from sanfang.kernel.permissions import Actor
from sanfang.standards.definitions import Script, render

MOST = 500


@dataclass(frozen=True, slots=True)
class Row:
    """``state``: waiting, passed or failed."""

    id: UUID
    customer: str
    rule: str
    caller: str
    at: datetime
    outcome: Any
    state: str
    score: int | None
    checker: str
    seen: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """One person's month: ``passed`` of ``made`` checks; ``waiting`` are drawn and not yet made."""

    name: str
    made: int
    passed: int
    waiting: int

    @property
    def percent(self) -> int | None:
        return self.passed * 100 // self.made if self.made else None


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    rates: list[Rate]


@dataclass(frozen=True, slots=True)
class Point:
    """``met``: None until it is judged, or where it didn't come up. ``text``: what the script says about it."""

    key: str
    title: str
    must: bool
    weight: int
    met: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class CheckPage:
    """``answers``: question, answer, and whether it means dissatisfied."""

    row: Row
    own: bool
    call: UUID
    note: str
    answers: list[tuple[str, str, bool]]
    points: list[Point]
    passes_at: int
    comment: str
    recording: str
    checked_at: datetime | None


def page(actor: Actor, month: date) -> Page:
    """The checks drawn of ``month``'s calls (its first day) that the actor may see. Two statements."""
    checks.require(actor, "see")
    rows = checks.visible(actor).filter(drawn_of=month)
    counts: Any = rows.values("staff", "staff__name").annotate(
        made=Count("pk", filter=Q(checked_at__isnull=False)),
        passed=Count("pk", filter=Q(passed=True)),
        waiting=Count("pk", filter=Q(checked_at=None)),
    )
    listed = _with_call(rows).order_by("checked_at", "staff__name", "attempt__at", "pk")[:MOST]
    people = counts.order_by("staff__name")
    return Page(
        rows=[_row(check) for check in listed],
        rates=[Rate(row["staff__name"], row["made"], row["passed"], row["waiting"]) for row in people],
    )


def one(actor: Actor, key: UUID) -> CheckPage:
    """A check with what was written down in the call. NotFound or Forbidden where it isn't the actor's to see."""
    found = checks.get(actor, key, rows=_with_call(Check.objects.all()))
    follow_up = found.attempt.follow_up
    said = of_follow_up(follow_up.pk)
    _rule, script = rule_of(follow_up)
    return CheckPage(
        row=_row(found),
        own=found.staff_id == actor.staff_id,
        call=follow_up.pk,
        note=found.attempt.note,
        answers=in_words(said) if said else [],
        points=_points(found, checklist(), script),
        passes_at=checklist().passes_at,
        comment=found.comment,
        recording=found.recording,
        checked_at=found.checked_at,
    )


def _points(found: Check, by: Checklist, script: Script | None) -> list[Point]:
    language = get_language() or ""
    return [
        Point(
            key=item.id,
            title=item.title.get(language),
            must=item.must,
            weight=item.weight,
            met=found.points.get(item.id),
            text=_says(script, item.shows),
        )
        for item in by.items
    ]


def _says(script: Script | None, part: str) -> str:
    """The script's words for a point, with blanks where the customer's stand."""
    if script is None:
        return ""
    language = get_language() or ""
    texts = {"opening": [script.opening], "reminders": list(script.reminders), "closing": [script.closing]}
    return "\n".join(render(text.get(language), {}) for text in texts.get(part, []))


def _with_call(rows: Any) -> Any:
    return rows.select_related("staff", "checker", "attempt__follow_up__customer")


def _row(check: Check) -> Row:
    attempt = check.attempt
    rule, _script = rule_of(attempt.follow_up)
    return Row(
        id=check.pk,
        customer=attempt.follow_up.customer.name or _("未留姓名"),
        rule=rule,
        caller=check.staff.name,
        at=attempt.at,
        outcome=OUTCOMES[attempt.outcome],
        state="waiting" if check.checked_at is None else "passed" if check.passed else "failed",
        score=check.score,
        checker=check.checker.name if check.checker else "",
        seen=check.seen_at is not None,
    )

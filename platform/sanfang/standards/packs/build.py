"""A checked pack's content as the frozen objects the product works with."""

from collections.abc import Callable, Mapping
from datetime import time, timedelta
from types import MappingProxyType
from typing import Any, TypeVar

from sanfang.kernel.calendar import WEEKDAYS
from sanfang.kernel.events import Intervals, TriggerKind
from sanfang.kernel.rules import (
    AfterRule,
    AroundDate,
    AroundService,
    Channel,
    DaysAfter,
    MinutesAfter,
    Occasion,
    OnList,
    Rule,
    Ruleset,
    SinceLeaving,
    WeeklyDraw,
    Window,
    WithoutMaintenance,
    Yearly,
)
from sanfang.standards.definitions import (
    Calling,
    Choice,
    ComplaintRules,
    FollowUpRule,
    Objection,
    Pack,
    Question,
    QuestionKind,
    Questionnaire,
    Script,
    ServiceIntervals,
    Text,
)

Built = TypeVar("Built")

KINDS: dict[str, Callable[..., Rule]] = {
    "days-after": DaysAfter,
    "minutes-after": MinutesAfter,
    "after-rule": AfterRule,
    "around-date": AroundDate,
    "yearly": Yearly,
    "around-service": AroundService,
    "without-maintenance": WithoutMaintenance,
    "since-leaving": SinceLeaving,
    "on-list": OnList,
    "weekly-draw": WeeklyDraw,
    "occasion": Occasion,
}
"""The kinds of rules a pack can use, by the name they have in it."""

NUMBERS: dict[str, Callable[[Any], Any]] = {
    "window": lambda value: Window(value["opens"], value["due"]),
    "trigger": TriggerKind,
    "date": TriggerKind,
    "minutes": int,
    "after": str,
    "months_after_delivery": int,
    "months_after_estimate": int,
    "unless_not_due": bool,
    "share": int,
    "drawn_on": WEEKDAYS.index,
}
"""What belongs to the kernel's rule, and how it is read; all else is for people."""

MINUTES_A_CALL = 9
"""Sixty calls in a day of nine hours, where the pack doesn't say."""
YES_NO_ANSWERS = {"yes": True, "no": False}


def build(content: dict[str, Any]) -> Pack:
    """``content`` has been checked: nothing can be missing or wrong here."""
    rules = {name: _follow_up_rule(name, rule) for name, rule in content["rules"].items()}
    calling = content["calling"]
    intervals = content["service_intervals"]
    worst = content["dissatisfied_at_most"]
    return Pack(
        id=content["id"],
        version=content["version"],
        title=_text(content["title"]),
        source=_text(content["source"]),
        ruleset=Ruleset(
            tuple(rule.rule for rule in rules.values()),
            content["service_estimate"]["minimum_reading_days"],
        ),
        rules=MappingProxyType(rules),
        scripts=_each(content["scripts"], _script),
        questionnaires=_each(content["questionnaires"], lambda name, value: _questionnaire(name, value, worst)),
        scale=tuple(
            Choice(str(value), _text(label)) for value, label in zip(range(5, 0, -1), content["scale"], strict=True)
        ),
        calling=Calling(
            attempts_before_survey=calling["attempts_before_survey"],
            pause=timedelta(minutes=calling.get("minutes_between_attempts", 0)),
            cool_down_days=calling["cool_down_days"],
            calls_from=time.fromisoformat(calling["calls_from"]),
            calls_to=time.fromisoformat(calling["calls_to"]),
            recovered_within_days=calling["recovered_within_days"],
            together=timedelta(days=calling.get("together_within_days", 0)),
            undo=timedelta(minutes=calling.get("minutes_to_undo", 0)),
            messages_at_most=calling.get("messages_at_most"),
            messages_within_days=calling.get("messages_within_days", 1),
            minutes_a_call=calling.get("minutes_a_call", MINUTES_A_CALL),
        ),
        complaints=ComplaintRules(
            content["complaints"]["first_contact_minutes"], content["complaints"].get("closing_rule")
        ),
        service_intervals=ServiceIntervals(
            default=Intervals(**intervals["default"]),
            models=_each(intervals.get("models", {}), lambda _name, value: Intervals(**value)),
        ),
        variables=_texts(content["variables"]),
        phrases=_texts(content["phrases"]),
        messages=_texts(content["messages"]),
        objections=tuple(
            Objection(name, _text(one["says"]), _text(one["answer"]))
            for name, one in content.get("objections", {}).items()
        ),
    )


def _each(values: dict[str, Any], make: Callable[[str, Any], Built]) -> Mapping[str, Built]:
    return MappingProxyType({name: make(name, value) for name, value in values.items()})


def _text(value: dict[str, str]) -> Text:
    return Text(value["zh"], value["en"])


def _texts(values: dict[str, dict[str, str]]) -> Mapping[str, Text]:
    return _each(values, lambda _name, value: _text(value))


def _choices(values: dict[str, dict[str, str]]) -> tuple[Choice, ...]:
    return tuple(Choice(name, _text(label)) for name, label in values.items())


def _follow_up_rule(name: str, value: dict[str, Any]) -> FollowUpRule:
    numbers = {key: read(value[key]) for key, read in NUMBERS.items() if key in value}
    return FollowUpRule(
        id=name,
        title=_text(value["title"]),
        purpose=_text(value["purpose"]),
        kind=value["kind"],
        channel=value["channel"],
        rule=KINDS[value["kind"]](id=name, channel=Channel(value["channel"]), **numbers),
        priority=value["priority"],
        script=value.get("script"),
        questionnaire=value.get("questionnaire"),
        survey_link=value["survey_link"],
        targets=MappingProxyType(value.get("targets", {})),
        message=value.get("message"),
        letter_within_days=value.get("letter_within_days"),
    )


def _script(name: str, value: dict[str, Any]) -> Script:
    return Script(
        id=name,
        title=_text(value["title"]),
        opening=_text(value["opening"]),
        reminders=tuple(_text(reminder) for reminder in value["reminders"]),
        closing=_text(value["closing"]),
    )


def _questionnaire(name: str, value: dict[str, Any], worst: int) -> Questionnaire:
    questions = tuple(_question(question, worst) for question in value["questions"])
    return Questionnaire(name, _text(value["title"]), questions)


def _question(value: dict[str, Any], worst: int) -> Question:
    kind = QuestionKind(value["kind"])
    return Question(
        id=value["id"],
        kind=kind,
        text=_text(value["text"]),
        required=value["required"],
        department=value["department"],
        choices=_choices(value.get("choices", {})),
        reasons=_choices(value.get("reasons", {})),
        dissatisfied=_dissatisfied(kind, value, worst),
    )


def _dissatisfied(kind: QuestionKind, value: dict[str, Any], worst: int) -> frozenset[int | bool | str]:
    """The answers that count as dissatisfied. Only the five-point scale has a limit of its own."""
    match kind:
        case QuestionKind.FIVE_POINT:
            return frozenset(range(1, value.get("dissatisfied_at_most", worst) + 1))
        case QuestionKind.NPS:
            return frozenset(range(value.get("dissatisfied_at_most", -1) + 1))
        case QuestionKind.YES_NO:
            return frozenset(YES_NO_ANSWERS[answer] for answer in value.get("dissatisfied", ()))
        case _:
            return frozenset(value.get("dissatisfied", ()))

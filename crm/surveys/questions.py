"""One questionnaire as a form: shown, read back and checked, the same for a caller and for the customer.

Answers are ``{question id: {"value": …, "reasons": [reason ids]}}``; ``value`` has the type that
:func:`sanfang.standards.questionnaires.assess` takes, and is None where nothing was said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sanfang.kernel.errors import DomainError
from sanfang.standards.definitions import Pack, Question, QuestionKind, Questionnaire
from sanfang.standards.questionnaires import NPS_HIGHEST, assess

Answers = Mapping[str, Mapping[str, Any]]
LONGEST_TEXT = 1000
LONGEST_NOTE = 2000

KINDS = {
    QuestionKind.FIVE_POINT: "likert",
    QuestionKind.NPS: "scale",
    QuestionKind.YES_NO: "choice",
    QuestionKind.CHOICE: "choice",
    QuestionKind.TEXT: "text",
}


@dataclass(frozen=True, slots=True)
class Option:
    """``low``: this answer means dissatisfied."""

    value: str
    label: str
    low: bool


@dataclass(frozen=True, slots=True)
class Reason:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """A question as the templates show it, in the language in use (screen contract "Question")."""

    key: str
    kind: str
    text: str
    required: bool
    options: tuple[Option, ...]
    low_label: str
    high_label: str
    reasons: tuple[Reason, ...]
    answer: str | None
    chosen_reasons: tuple[str, ...]
    error: str


@dataclass(frozen=True, slots=True)
class Check:
    """``problems``: what to tell the person who answers, by question. The rest are question ids in order."""

    problems: dict[str, str]
    missing: tuple[str, ...]
    dissatisfied: tuple[str, ...]


class AnswersRefused(DomainError):
    """Answers that can't be taken; ``problems`` says for each question why."""

    def __init__(self, message: str, problems: dict[str, str]) -> None:
        super().__init__(message, code="answers", field="answers")
        self.problems = problems


def read(questionnaire: Questionnaire, post: QueryDict) -> dict[str, dict[str, Any]]:
    """The answers in a posted form (``q-<id>``, ``q-<id>-reason``). Nonsense is kept, for :func:`check` to name.

    Reasons count only beside an answer that means dissatisfied: without JavaScript they can be ticked anyway.
    """
    answers: dict[str, dict[str, Any]] = {}
    for question in questionnaire.questions:
        value = _typed(question, post.get(f"q-{question.id}", "").strip())
        offered = {reason.id for reason in question.reasons}
        chosen = [reason for reason in post.getlist(f"q-{question.id}-reason") if reason in offered]
        if value is not None:
            low = _is_low(questionnaire, question, value)
            answers[question.id] = {"value": value, "reasons": list(dict.fromkeys(chosen)) if low else []}
    return answers


def check(questionnaire: Questionnaire, answers: Answers) -> Check:
    found = assess(questionnaire, _values(answers))
    problems = dict.fromkeys(found.missing, _("请回答这一题。"))
    problems |= dict.fromkeys((*found.invalid, *found.unknown), _("请从给出的选项中选择。"))
    for key, answer in answers.items():
        if isinstance(answer.get("value"), str) and len(answer["value"]) > LONGEST_TEXT:
            problems[key] = _("请不要超过 %(most)d 个字。") % {"most": LONGEST_TEXT}
    return Check(problems, found.missing, found.dissatisfied)


def refuse_bad(questionnaire: Questionnaire, answers: Answers) -> Check:
    """The check, passed. Raises :class:`AnswersRefused`, which lists the questions."""
    checked = check(questionnaire, answers)
    if checked.problems:
        places = [str(place) for place, one in enumerate(questionnaire.questions, 1) if one.id in checked.problems]
        where = _("请检查第 %(places)s 题。") % {"places": _("、").join(places)}
        raise AnswersRefused(where if places else _("问卷已经更新，请刷新页面后再填。"), checked.problems)
    return checked


def complete(questionnaire: Questionnaire, answers: Answers) -> dict[str, dict[str, Any]]:
    """The answers with a place for every question, as they are stored."""
    kept = {}
    for question in questionnaire.questions:
        given = answers.get(question.id, {})
        kept[question.id] = {"value": given.get("value"), "reasons": list(given.get("reasons", []))}
    return kept


def shown(
    pack: Pack, questionnaire: Questionnaire, answers: Answers, problems: Mapping[str, str] | None = None
) -> tuple[ShownQuestion, ...]:
    language = get_language() or ""
    return tuple(
        ShownQuestion(
            key=question.id,
            kind=KINDS[question.kind],
            text=question.text.get(language),
            required=question.required,
            options=options(pack, questionnaire, question),
            low_label=_("完全不愿意") if question.kind is QuestionKind.NPS else "",
            high_label=_("非常愿意") if question.kind is QuestionKind.NPS else "",
            reasons=tuple(Reason(reason.id, reason.label.get(language)) for reason in question.reasons),
            answer=_posted(answers.get(question.id, {}).get("value")),
            chosen_reasons=tuple(answers.get(question.id, {}).get("reasons", [])),
            error=(problems or {}).get(question.id, ""),
        )
        for question in questionnaire.questions
    )


def options(pack: Pack, questionnaire: Questionnaire, question: Question) -> tuple[Option, ...]:
    language = get_language() or ""
    if question.kind is QuestionKind.FIVE_POINT:
        pairs = [(choice.id, choice.label.get(language)) for choice in pack.scale]
    elif question.kind is QuestionKind.NPS:
        pairs = [(str(number), str(number)) for number in range(NPS_HIGHEST + 1)]
    elif question.kind is QuestionKind.YES_NO:
        pairs = [("yes", _("是")), ("no", _("否"))]
    else:
        pairs = [(choice.id, choice.label.get(language)) for choice in question.choices]
    return tuple(
        Option(value, label, _is_low(questionnaire, question, _typed(question, value))) for value, label in pairs
    )


def labelled(pack: Pack, questionnaire: Questionnaire, answers: Answers) -> list[tuple[str, str, bool]]:
    """What was answered, in words: question, answer with its reasons, and whether it means dissatisfied."""
    language = get_language() or ""
    lines = []
    for question in questionnaire.questions:
        given = answers.get(question.id, {})
        value = _posted(given.get("value"))
        if value is None:
            continue
        chosen = next((option for option in options(pack, questionnaire, question) if option.value == value), None)
        reasons = [reason.label.get(language) for reason in question.reasons if reason.id in given.get("reasons", [])]
        words = chosen.label if chosen else value
        if reasons:
            words = _("%(answer)s（%(reasons)s）") % {"answer": words, "reasons": _("、").join(reasons)}
        lines.append((question.text.get(language), words, bool(chosen and chosen.low)))
    return lines


def _typed(question: Question, text: str) -> int | bool | str | None:
    if not text:
        return None
    if question.kind is QuestionKind.YES_NO:
        return {"yes": True, "no": False}.get(text, text)
    if question.kind in {QuestionKind.FIVE_POINT, QuestionKind.NPS} and text.isascii() and text.isdigit():
        return int(text[:4])
    return text


def _posted(value: Any) -> str | None:
    """The value as a form field has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)


def _values(answers: Answers) -> dict[str, Any]:
    return {key: answer.get("value") for key, answer in answers.items()}


def _is_low(questionnaire: Questionnaire, question: Question, value: Any) -> bool:
    return question.id in assess(questionnaire, {question.id: value}).dissatisfied

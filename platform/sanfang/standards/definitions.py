"""A standard pack in memory: frozen, typed, nothing in it belongs to a tenant."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum

from sanfang.kernel.events import Intervals
from sanfang.kernel.rules import Rule, Ruleset

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
BLANK = "____"


@dataclass(frozen=True, slots=True)
class Text:
    """Words in the two languages every pack has."""

    zh: str
    en: str

    def get(self, language: str) -> str:
        """The words for a language code; whoever doesn't read English reads the source language."""
        return self.en if language.lower().startswith("en") else self.zh


def render(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its {placeholders} filled; one without a value becomes a blank to fill in."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1]) or BLANK, text)


@dataclass(frozen=True, slots=True)
class Choice:
    id: str
    label: Text


class QuestionKind(StrEnum):
    FIVE_POINT = "five_point"
    YES_NO = "yes_no"
    CHOICE = "choice"
    NPS = "nps"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Question:
    """``choices``: what can be answered (empty for text and nps). ``reasons``: offered with a
    dissatisfied answer. ``department``: whose matter that is (sales, service, crc).

    ``dissatisfied``: the answers that count as dissatisfied, in the form `questionnaires.assess`
    takes them.
    """

    id: str
    kind: QuestionKind
    text: Text
    required: bool
    department: str
    choices: tuple[Choice, ...]
    reasons: tuple[Choice, ...]
    dissatisfied: frozenset[int | bool | str]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    id: str
    title: Text
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """What the specialist says: ``opening`` and ``closing`` word for word, ``reminders`` as points."""

    id: str
    title: Text
    opening: Text
    reminders: tuple[Text, ...]
    closing: Text


@dataclass(frozen=True, slots=True)
class FollowUpRule:
    """One follow-up rule as people know it; ``rule`` is what the kernel reads.

    ``priority``: 1 is called first. ``survey_link``: whether a message with the questionnaire makes
    sense when nobody answers. ``targets``: per cent by measure. ``script`` and ``questionnaire``
    name entries of the pack; a greeting has neither. ``message``: the text a message of this rule is made of.
    ``letter_within_days``: a letter follows within so many days after the call.
    """

    id: str
    title: Text
    purpose: Text
    kind: str
    channel: str
    rule: Rule
    priority: int
    script: str | None
    questionnaire: str | None
    survey_link: bool
    targets: Mapping[str, int]
    message: str | None = None
    letter_within_days: int | None = None


@dataclass(frozen=True, slots=True)
class Calling:
    """Rules of calling. Calls and messages only from ``calls_from`` to ``calls_to``, store time.

    ``attempts_before_survey``: after so many failed attempts the survey goes out.
    ``pause``: so long after a failed attempt the next one at the same customer doesn't count yet.
    ``cool_down_days``: at most one connected outgoing call per customer in so many days.
    ``recovered_within_days``: a visit so soon after a completed contact counts as won back.
    ``together``: calls of one customer that come due so close to each other are one conversation.
    ``undo``: so long the one who recorded an outcome may take it back; none by default.
    ``messages_at_most``: so many messages reach one customer in ``messages_within_days`` days; None is no limit.
    ``minutes_a_call``: what a call takes of a specialist's day, with looking up, dialling in vain and writing down.
    """

    attempts_before_survey: int
    pause: timedelta
    cool_down_days: int
    calls_from: time
    calls_to: time
    recovered_within_days: int
    together: timedelta = timedelta(0)
    undo: timedelta = timedelta(0)
    messages_at_most: int | None = None
    messages_within_days: int = 1
    minutes_a_call: int = 9


@dataclass(frozen=True, slots=True)
class ComplaintRules:
    """``first_contact_minutes`` are working minutes; ``closing_rule`` is the call once it is solved, None without."""

    first_contact_minutes: int
    closing_rule: str | None


@dataclass(frozen=True, slots=True)
class ServiceIntervals:
    """Service intervals by model, for cars of which the DMS doesn't say more."""

    default: Intervals
    models: Mapping[str, Intervals]

    def for_model(self, model: str | None) -> Intervals:
        """The entry with the longest name that occurs in the car's model, else the default.

        Blanks and case are not compared: the same model is written in many ways.
        """
        wanted = _squeezed(model or "")
        found = [name for name in self.models if _squeezed(name) in wanted]
        return self.models[max(found, key=len)] if found else self.default


def _squeezed(name: str) -> str:
    return "".join(name.split()).casefold()


@dataclass(frozen=True, slots=True)
class Objection:
    """What customers often say on the phone, and an answer to it (常见异议处理)."""

    id: str
    says: Text
    answer: Text


@dataclass(frozen=True, slots=True)
class Pack:
    """One version of a standard. ``scale``: the labels of the five-point scale, value 5 first."""

    id: str
    version: str
    title: Text
    source: Text
    ruleset: Ruleset
    rules: Mapping[str, FollowUpRule]
    scripts: Mapping[str, Script]
    questionnaires: Mapping[str, Questionnaire]
    scale: tuple[Choice, ...]
    calling: Calling
    complaints: ComplaintRules
    service_intervals: ServiceIntervals
    variables: Mapping[str, Text]
    phrases: Mapping[str, Text]
    messages: Mapping[str, Text]
    objections: tuple[Objection, ...] = ()

"""A text tried on a provider before it is filed: what would be said of it, and what the customer would read."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import get_language

from sanfang.kernel.permissions import Actor
from sanfang.messaging.intents import Intent, Purpose, compiled
from sanfang.messaging.linting import Text, lint, verdict
from sanfang.messaging.linting.words import reason, severity_label, suggestion
from sanfang.messaging.policy import messages as policy
from sanfang.messaging.providers import providers, variables

LONGEST = 2_000
"""Signs that are looked at; no provider takes more."""


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. ``tone``: how bad. ``before``, ``said``, ``after``: where it stands in the text."""

    tone: str
    label: str
    reason: str
    suggestion: str
    before: str
    said: str
    after: str


@dataclass(frozen=True, slots=True)
class Trial:
    """``verdict``: pass, warn or refuse; empty where nothing was written yet. ``template``: as it is filed with the
    provider. ``reads``: the whole message with the variables' names in place of their values."""

    verdict: str
    lines: tuple[Line, ...]
    template: str
    reads: str
    signs: int
    parts: int


TONES = {"refuse": "danger", "warn": "warn", "hint": "info"}
AROUND = 8


def tried(actor: Actor, body: str, *, provider: str, purpose: str, store: str, fixed: Mapping[str, str]) -> Trial:
    """Nothing is stored. An unknown provider or purpose is the first one of its kind."""
    policy.require(actor, "see")
    rules = providers().get(provider) or providers()["aliyun"]
    kind = Purpose(purpose) if purpose in list(Purpose) else Purpose.NOTICE
    body = body.strip()[:LONGEST]
    if not body:
        return Trial("", (), "", "", 0, 0)
    known = {name: one.longest for name, one in variables().items()}
    hosts = frozenset({fixed["link"].split("/")[2].split(":")[0]})
    text = Text(body, kind, store, {**fixed}, {**known, "code": 12}, hosts)
    found = lint(text, rules)
    made = compiled(Intent("", kind, body, fixed), rules, store=store)
    longest = made.text({name: "字" * known.get(name, 12) for name in made.variables})
    return Trial(
        verdict=verdict(found),
        lines=tuple(
            Line(
                TONES[one.severity],
                severity_label(one),
                reason(one),
                suggestion(one),
                body[max(one.start - AROUND, 0) : one.start],
                one.said if one.end else "",
                body[one.end : one.end + AROUND] if one.end else "",
            )
            for one in found
        ),
        template=made.template,
        reads=made.text({name: f"〔{_title(name)}〕" for name in made.variables}),
        signs=len(longest),
        parts=rules.segments(len(longest)),
    )


def choices() -> list[tuple[str, str]]:
    """The providers one can try a text on."""
    return [(name, one.name_in(get_language() or "")) for name, one in providers().items() if name != "development"]


def known_variables() -> list[tuple[str, str]]:
    return [(f"{{{name}}}", _title(name)) for name in variables()]


def _title(name: str) -> str:
    language = "en" if (get_language() or "").startswith("en") else "zh"
    return variables()[name].title[language] if name in variables() else name

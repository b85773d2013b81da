"""The checks, in the order in which they are told."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from sanfang.messaging.intents import VARIABLE, Intent, Purpose, compiled
from sanfang.messaging.numbers import MOBILE_IN_TEXT
from sanfang.messaging.providers import Provider

ADDRESS = re.compile(r"(?:https?://)?(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?::\d+)?(?:/[^\s，。！；、）)]*)?")
SHORTENERS = ("t.cn", "dwz.cn", "url.cn", "suo.im", "bit.ly", "tinyurl.com", "t.co", "goo.gl", "mrw.so", "3.cn")
OPT_OUTS = re.compile(
    r"(?:拒收请?|退订请?|不想再?收到?请?)?(?:回复?|发送)\s*(?:TD|T|N|R|Q)(?![A-Za-z])\s*(?:退订|拒收)?", re.IGNORECASE
)
ODD_BRACES = re.compile(r"\{(?![a-z_]+\})[^{}]*\}|\$\{[^{}]*\}|[{}](?![a-z_]*\})(?<!\})")
USUAL = 12
"""Signs that a variable's value is counted with where nothing says how long it is."""
SIGNS = frozenset("，。！？；：、（）《》“”‘’…—·％￥×℃+-*/=_#@&%.,:;!?()<>\"' \n")
MEMBERS = ("会员", "车主")


class Severity(StrEnum):
    """``refuse``: it won't be let through. ``warn``: it may not be. ``hint``: it will, but look at it."""

    REFUSE = "refuse"
    WARN = "warn"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Finding:
    """``code``: which rule; its words are in :mod:`sanfang.messaging.linting.words`. ``start``, ``end``: where in the
    text as it was typed, nought and nought for the whole of it. ``said``: what stands there."""

    code: str
    severity: Severity
    start: int = 0
    end: int = 0
    said: str = ""
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text as somebody types it. ``store``: the name that signs it. ``fixed``: variables that every message of the
    store fills alike. ``known``: all variables there are, with how long their values get. ``hosts``: our own filed
    domains."""

    body: str
    purpose: Purpose
    store: str
    fixed: Mapping[str, str]
    known: Mapping[str, int]
    hosts: frozenset[str] = frozenset()


def lint(text: Text, provider: Provider) -> list[Finding]:
    """Everything that speaks against it, the worst first, then in the order of the text."""
    found = [one for check in CHECKS for one in check(text, provider)]
    weight = list(Severity).index
    return sorted(found, key=lambda one: (weight(one.severity), one.start))


def verdict(findings: list[Finding]) -> str:
    """``refuse``, ``warn`` or ``pass``."""
    severities = {one.severity for one in findings}
    if Severity.REFUSE in severities:
        return "refuse"
    return "warn" if Severity.WARN in severities else "pass"


@cache
def families() -> Mapping[str, dict[str, Any]]:
    path = Path(__file__).with_name("words.yaml")
    table: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return table


def _empty(text: Text, provider: Provider) -> Iterator[Finding]:
    if not VARIABLE.sub("", text.body).strip("，。！；、 \n"):
        yield Finding("empty", Severity.REFUSE)


def _brackets(text: Text, provider: Provider) -> Iterator[Finding]:
    for found in re.finditer(r"[【】]", text.body):
        yield _at("brackets", Severity.REFUSE, found)


def _signature(text: Text, provider: Provider) -> Iterator[Finding]:
    if not 2 <= len(text.store) <= 12:
        yield Finding("signature_length", Severity.WARN, said=text.store, data={"count": len(text.store)})


def _opt_out(text: Text, provider: Provider) -> Iterator[Finding]:
    for found in OPT_OUTS.finditer(text.body):
        yield _at("opt_out", Severity.REFUSE, found, opt_out=provider.opt_out)


def _mobiles(text: Text, provider: Provider) -> Iterator[Finding]:
    for found in MOBILE_IN_TEXT.finditer(text.body):
        yield _at("mobile", Severity(provider.mobiles), found)


def _links(text: Text, provider: Provider) -> Iterator[Finding]:
    for found in ADDRESS.finditer(text.body):
        host = re.sub(r"^https?://", "", found[0]).split("/")[0].split(":")[0].lower()
        if host in SHORTENERS:
            yield _at("shortener", Severity.REFUSE, found)
        elif provider.links == "fixed" and host not in text.hosts:
            yield _at("foreign_host", Severity.REFUSE, found, host=host)
        elif found[0].startswith("http://"):
            yield _at("plain_http", Severity.WARN, found)
    if provider.links != "fixed":
        return
    for found in re.finditer(r"https?://\{[a-z_]+\}|\{(?:url|address|website)\}", text.body):
        yield _at("variable_link", Severity.REFUSE, found)


def _families(text: Text, provider: Provider) -> Iterator[Finding]:
    for family, how in provider.unwelcome.items():
        for found in _occurrences(families()[family]["words"], text.body):
            yield _at(family, Severity(how), found)


def _purpose(text: Text, provider: Provider) -> Iterator[Finding]:
    """Advertising filed as a notice would go out at night, to those who agreed to nothing, with no way to refuse."""
    if text.purpose is Purpose.MARKETING:
        return
    for severity in (Severity.REFUSE, Severity.WARN):
        words = [word for family in families().values() if family["marketing"] == severity for word in family["words"]]
        found = next(_occurrences(words, text.body), None)
        if found is not None:
            yield _at("advertising", severity, found)
            return


def _members(text: Text, provider: Provider) -> Iterator[Finding]:
    if provider.members_only and text.purpose is Purpose.MARKETING and not any(word in text.body for word in MEMBERS):
        yield Finding("members_only", Severity.REFUSE)


def _variables(text: Text, provider: Provider) -> Iterator[Finding]:
    for found in ODD_BRACES.finditer(text.body):
        yield _at("odd_braces", Severity.REFUSE, found)
    names = list(VARIABLE.finditer(text.body))
    for found in names:
        if found[1] not in text.known and not text.body.startswith("$", max(found.start() - 1, 0)):
            yield _at("unknown_variable", Severity.REFUSE, found, known="、".join(f"{{{name}}}" for name in text.known))
    own = [found for found in names if found[1] not in text.fixed]
    if own and text.purpose is Purpose.MARKETING and not provider.variables_in_marketing:
        yield _at("variables_in_marketing", Severity.REFUSE, own[0])
    for first, second in pairwise(own):
        if first.end() == second.start():
            yield Finding("adjacent", Severity.WARN, first.start(), second.end(), first[0] + second[0])


def _signs(text: Text, provider: Provider) -> Iterator[Finding]:
    for place, sign in enumerate(text.body):
        if sign in SIGNS or sign.isalnum() or sign in "{}【】$":
            continue
        kind = unicodedata.category(sign)
        if ord(sign) > 0xFFFF or kind in ("So", "Sk", "Cf", "Co", "Cc"):
            yield Finding("sign", Severity.REFUSE, place, place + 1, sign)
    for found in re.finditer(r"[！!？?]{2,}|[~～]{2,}", text.body):
        yield _at("shouting", Severity.WARN, found)


def _length(text: Text, provider: Provider) -> Iterator[Finding]:
    made = compiled(Intent("", text.purpose, text.body, text.fixed), provider, store=text.store)
    signs = len(made.text({name: "字" * text.known.get(name, USUAL) for name in made.variables}))
    if signs > provider.longest:
        yield Finding("too_long", Severity.REFUSE, data={"count": signs, "most": provider.longest})
    elif provider.segments(signs) > 1:
        yield Finding("segments", Severity.HINT, data={"count": signs, "parts": provider.segments(signs)})


CHECKS: tuple[Callable[[Text, Provider], Iterator[Finding]], ...] = (
    _empty,
    _brackets,
    _signature,
    _opt_out,
    _mobiles,
    _links,
    _families,
    _purpose,
    _members,
    _variables,
    _signs,
    _length,
)


def _occurrences(words: list[str], body: str) -> Iterator[re.Match[str]]:
    """The longest word at each place; blanks between its signs don't hide it."""
    either = "|".join(r"[ 　]*".join(map(re.escape, word)) for word in sorted(words, key=len, reverse=True))
    return re.finditer(either, body)


def _at(code: str, severity: Severity, found: re.Match[str], **data: Any) -> Finding:
    return Finding(code, severity, found.start(), found.end(), found[0], data or None)

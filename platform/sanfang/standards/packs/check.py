"""Whether a pack's content is one: its shape by JSON schema, then what no schema can say."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator, ValidationError

from sanfang.standards.definitions import PLACEHOLDER
from sanfang.standards.packs.errors import Fault, PackError
from sanfang.standards.packs.lines import Place

SCHEMA = Path(__file__).with_name("pack.schema.json")
YES_NO = {"yes", "no"}
LINK_MESSAGES = ("survey_link", "survey_refused")
"""What a pack that sends questionnaires as links has to have words for."""
Told = tuple[Place, str]
"""A fault before it has a line: where, and what to do."""


def check(file: str, content: Any, lines: dict[Place, int]) -> None:
    """Raises PackError with every fault there is, in the file's order."""
    told = list(_shape(content)) or list(_sense(content))
    if told:
        faults = {Fault(_line(place, lines), _rule(place), message) for place, message in told}
        raise PackError(file, sorted(faults, key=lambda fault: (fault.line, fault.message)))


def _line(place: Place, lines: dict[Place, int]) -> int:
    while place not in lines:
        place = place[:-1]
    return lines[place]


def _rule(place: Place) -> str | None:
    return str(place[1]) if len(place) > 1 and place[0] == "rules" else None


# --- shape ------------------------------------------------------------------------------------
@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _shape(content: Any) -> Iterator[Told]:
    for error in _validator().iter_errors(content):
        yield from _in_words(error)


def _in_words(error: ValidationError) -> Iterator[Told]:
    """A schema's complaint as sentences for whoever wrote the pack."""
    place: Place = tuple(error.absolute_path)
    value: Any = error.instance
    demand: Any = error.validator_value
    keyword: Any = error.validator
    match keyword:
        case "required":
            for name in demand:
                if name not in value:
                    yield place, _("缺少“%(name)s”。") % {"name": name}
        case "additionalProperties" | "unevaluatedProperties":
            for name in _unknown(error.schema, value):
                yield (*place, name), _("不认识“%(name)s”，请删除或改正。") % {"name": name}
        case "enum":
            allowed = ", ".join(str(choice) for choice in demand)
            yield place, _("“%(value)s”不可用，只能是：%(allowed)s。") % {"value": value, "allowed": allowed}
        case "type":
            yield place, _("“%(value)s”的类型不对，应为 %(type)s。") % {"value": value, "type": demand}
        case "minimum" | "maximum":
            yield place, _("%(value)s 超出范围（%(limit)s）。") % {"value": value, "limit": demand}
        case "not":  # nothing at all may stand here
            yield place, _("“%(name)s”在这里不起作用，请删除。") % {"name": place[-1]}
        case _:
            where = ".".join(str(part) for part in place)
            yield place, _("“%(where)s”不符合格式要求：%(value)s。") % {"where": where, "value": value}


def _unknown(schema: Any, value: dict[str, Any]) -> list[str]:
    """Names that neither the schema nor the parts for this kind have. A kind that doesn't exist is
    told by itself, so what any kind may have is let pass then."""
    parts = schema.get("allOf", [])
    fitting = [part for part in parts if Draft202012Validator(part["if"]).is_valid(value)] or parts
    known = set(schema.get("properties", {})).union(*(part["then"].get("properties", {}) for part in fitting))
    return [name for name in value if name not in known]


# --- sense ------------------------------------------------------------------------------------
def _sense(pack: dict[str, Any]) -> Iterator[Told]:
    yield from _rules(pack)
    yield from _questions(pack)
    yield from _words(pack, (), set(pack["variables"]))
    if any(rule["survey_link"] for rule in pack["rules"].values()):
        for name in LINK_MESSAGES:
            if name not in pack["messages"]:
                yield ("messages",), _("缺少“%(name)s”。") % {"name": name}
    closing = pack["complaints"].get("closing_rule")
    if closing is not None and closing not in pack["rules"]:
        yield ("complaints", "closing_rule"), _("没有名为“%(name)s”的规则。") % {"name": closing}
    if pack["calling"]["calls_to"] <= pack["calling"]["calls_from"]:
        yield ("calling", "calls_to"), _("结束时间必须晚于开始时间。")


def _rules(pack: dict[str, Any]) -> Iterator[Told]:
    earlier: set[str] = set()
    for name, rule in pack["rules"].items():
        place = ("rules", name)
        window = rule.get("window")
        if window and window["due"] < window["opens"]:
            yield (*place, "window"), _("到期日不能早于开始日。")
        if "script" in rule and rule["script"] not in pack["scripts"]:
            yield (*place, "script"), _("没有名为“%(name)s”的话术。") % {"name": rule["script"]}
        if "questionnaire" in rule and rule["questionnaire"] not in pack["questionnaires"]:
            yield (*place, "questionnaire"), _("没有名为“%(name)s”的问卷。") % {"name": rule["questionnaire"]}
        if "message" in rule and rule["message"] not in pack["messages"]:
            yield (*place, "message"), _("没有名为“%(name)s”的短信。") % {"name": rule["message"]}
        if rule["survey_link"] and "questionnaire" not in rule:
            yield (*place, "survey_link"), _("没有问卷，就不能发送问卷链接。")
        if "after" in rule and rule["after"] not in earlier:
            yield (*place, "after"), _("“%(name)s”必须是写在前面的规则。") % {"name": rule["after"]}
        earlier.add(name)


def _questions(pack: dict[str, Any]) -> Iterator[Told]:
    for name, questionnaire in pack["questionnaires"].items():
        seen: set[str] = set()
        for index, question in enumerate(questionnaire["questions"]):
            place = ("questionnaires", name, "questions", index)
            if question["id"] in seen:
                yield (*place, "id"), _("“%(key)s”写了两次。") % {"key": question["id"]}
            seen.add(question["id"])
            answers = YES_NO if question["kind"] == "yes_no" else set(question.get("choices", ()))
            for answer in question.get("dissatisfied", ()):
                if answer not in answers:
                    yield (*place, "dissatisfied"), _("没有名为“%(name)s”的答案。") % {"name": answer}


def _words(value: Any, place: Place, variables: set[str]) -> Iterator[Told]:
    """Every text may use only the variables that the pack names."""
    if isinstance(value, str):
        for match in PLACEHOLDER.finditer(value):
            if match[1] not in variables:
                yield place, _("没有名为“%(name)s”的变量。") % {"name": match[1]}
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _words(inner, (*place, key), variables)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _words(inner, (*place, index), variables)

"""A store of one customer and one car, asked what a standard (Changan's unless said) wants of it.

Expected days in the tests that use this are counted by hand from the domain documents.
"""

import json
from datetime import date
from typing import Any

from sanfang.standards.packs import load_pack
from sanfang.standards.simulation import parse, simulate

VIN = "LS5A3DBE8LA600001"
SHANGHAI = "+08:00"
Lines = list[dict[str, Any]]


def ask(until: str, *, vehicle: dict[str, Any] | None = None, pack: str = "changan-dcrc", **events: Any) -> Lines:
    """The simulation's lines; ``vehicle`` adds fields to the car, everything else is the file's."""
    content: dict[str, Any] = {
        "timezone": "Asia/Shanghai",
        "customers": [{"id": "C1", "name": "张敏", "mobile": "13912345678"}],
        "vehicles": [{"vin": VIN, "customer": "C1", "model": "CS75", **(vehicle or {})}],
        **events,
    }
    lines = simulate(load_pack(pack), parse(json.dumps(content)), date.fromisoformat(until))
    return [json.loads(line) for line in lines]


def delivery(day: str, name: str = "D1") -> dict[str, Any]:
    return {"id": name, "vin": VIN, "date": day}


def order(
    opened: str, closed: str | None, mileage: int | None = None, kind: str = "repair", name: str = "R1"
) -> dict[str, Any]:
    return {"id": name, "vin": VIN, "opened": opened, "closed": closed, "mileage": mileage, "kind": kind}


def ended(rule: str, trigger: str, at: str) -> dict[str, Any]:
    return {"rule": rule, "trigger": trigger, "at": at}


def listed(day: str, name: str, customer: str = "C1") -> dict[str, Any]:
    """A lost lead, or an entry of a lost list."""
    return {"id": name, "customer": customer, "date": day}


def windows(lines: Lines, rule: str, offset: str = SHANGHAI) -> list[tuple[str, str, str, str]]:
    """(trigger, opens, due, state) of one rule, the store's usual offset left out."""
    return [
        (line["trigger"], line["opens"].removesuffix(offset), line["due"].removesuffix(offset), line["state"])
        for line in lines
        if line["rule"] == rule
    ]


def days(lines: Lines, rule: str) -> list[tuple[str, str, str, str]]:
    """(trigger, opening day, due day, state) of one rule in a store with the usual hours."""
    found = windows(lines, rule)
    for _trigger, opens, due, _state in found:
        assert opens[10:] == "T08:30:00"
        assert due[10:] == "T17:30:00"
    return [(trigger, opens[:10], due[:10], state) for trigger, opens, due, state in found]

"""The providers' rules in memory (providers.yaml). Nothing here belongs to a tenant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Provider:
    """``opt_out_always``: not only marketing tells how to refuse. ``links``: ``fixed`` where no variable may carry the
    address itself. ``mobiles``: what becomes of a text with somebody's mobile number. ``unwelcome``: family of words →
    refuse or warn. The rest as in the file."""

    id: str
    title: Mapping[str, str]
    signature: str
    opt_out: str
    opt_out_always: bool
    variable: str
    longest: int
    first: int
    part: int
    hours: tuple[time, time]
    variables_in_marketing: bool
    links: str
    mobiles: str
    members_only: bool
    per_day: int
    unwelcome: Mapping[str, str]
    assumed: frozenset[str]

    def segments(self, signs: int) -> int:
        """How many text messages are paid for."""
        return 1 if signs <= self.first else -(-signs // self.part)

    def name_in(self, language: str) -> str:
        return self.title["en" if language.startswith("en") else "zh"]


@cache
def providers() -> Mapping[str, Provider]:
    path = Path(__file__).with_name("providers.yaml")
    table: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return MappingProxyType({name: _provider(name, row) for name, row in table.items()})


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    longest: int
    title: Mapping[str, str]


@cache
def variables() -> Mapping[str, Variable]:
    """What can stand in braces in a text (variables.yaml)."""
    path = Path(__file__).with_name("variables.yaml")
    table: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return MappingProxyType(
        {name: Variable(name, row["longest"], {"zh": row["zh"], "en": row["en"]}) for name, row in table.items()}
    )


def _provider(name: str, row: dict[str, Any]) -> Provider:
    begin, end = (time.fromisoformat(clock) for clock in row["hours"])
    families = {family: verdict for verdict, found in row["unwelcome"].items() for family in found}
    kept = {key: value for key, value in row.items() if key not in ("hours", "unwelcome", "assumed")}
    return Provider(id=name, **kept, hours=(begin, end), unwelcome=families, assumed=frozenset(row["assumed"]))

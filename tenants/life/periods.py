"""How long something has to be, or may be, kept: ``periods.yaml``."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Law:
    name: str
    kinds: frozenset[str]
    years: int
    reason: str


@dataclass(frozen=True, slots=True)
class Periods:
    set_aside_days: int
    last_call_seconds: int
    laws: tuple[Law, ...]

    def of(self, kind: str) -> list[Law]:
        """What protects the data of a tenant of this kind after it has left."""
        return [law for law in self.laws if kind in law.kinds and law.years]

    def protected_until(self, kind: str, left_on: date) -> date:
        """The first day on which the data may be erased."""
        year = left_on.year + max(law.years for law in self.of(kind))
        try:
            return left_on.replace(year=year)
        except ValueError:  # the 29th of February
            return date(year, 3, 1)


@cache
def periods() -> Periods:
    table: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "periods.yaml").read_text(encoding="utf-8"))
    return Periods(
        table["set_aside_days"],
        table["last_call_seconds"],
        tuple(Law(row["law"], frozenset(row["kinds"]), row["years"], row["reason"].strip()) for row in table["laws"]),
    )

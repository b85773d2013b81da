"""The KPI table of the standards (handbook §15): definitions and targets, read from ``kpis.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from sanfang.standards.definitions import Text

WORDS = {"title", "says", "kind", "unit", "missing"}
"""What every definition has; the rest belongs to its kind."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """``says``: what is counted, in words. ``unit``: percent, or count (a month). ``missing``: why there is no such
    figure yet. ``params``: the kind's own numbers and names."""

    id: str
    title: Text
    says: Text
    kind: str
    unit: str
    missing: Text | None
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """One of the two is set."""

    at_least: int | None = None
    at_most: int | None = None

    @property
    def number(self) -> int:
        return self.at_most if self.at_least is None else self.at_least  # type: ignore[return-value]

    def met(self, value: float) -> bool:
        return value >= self.number if self.at_least is not None else value <= self.number


def kpis() -> Mapping[str, Kpi]:
    """Every KPI by its id, in the order in which they are shown."""
    return _read()[0]


def targets(pack: str) -> Mapping[str, Target]:
    """What a standard wants, by KPI; a standard of one's own names no targets here."""
    return _read()[1].get(pack, MappingProxyType({}))


@cache
def _read() -> tuple[Mapping[str, Kpi], Mapping[str, Mapping[str, Target]]]:
    table = yaml.safe_load((Path(__file__).parent / "kpis.yaml").read_text(encoding="utf-8"))
    definitions = {key: _kpi(key, row) for key, row in table["kpis"].items()}
    wanted = {
        pack: MappingProxyType({key: Target(**numbers) for key, numbers in rows.items()})
        for pack, rows in table["targets"].items()
    }
    return MappingProxyType(definitions), MappingProxyType(wanted)


def _kpi(key: str, row: dict[str, Any]) -> Kpi:
    return Kpi(
        id=key,
        title=Text(**row["title"]),
        says=Text(**row["says"]),
        kind=row["kind"],
        unit=row["unit"],
        missing=Text(**row["missing"]) if "missing" in row else None,
        params=MappingProxyType({name: value for name, value in row.items() if name not in WORDS}),
    )

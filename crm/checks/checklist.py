"""The checklist and what its points come to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from sanfang.standards.definitions import Text


@dataclass(frozen=True, slots=True)
class Item:
    """``must``: a call that misses it doesn't pass. ``shows``: the part of the script it is about."""

    id: str
    title: Text
    weight: int
    must: bool
    shows: str


@dataclass(frozen=True, slots=True)
class Checklist:
    version: str
    passes_at: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """``score`` in per cent of what came up."""

    score: int
    passed: bool


Points = Mapping[str, bool | None]
"""Item → met, missed, or None where it didn't come up in the call."""


@cache
def checklist() -> Checklist:
    table = yaml.safe_load((Path(__file__).parent / "checklist.yaml").read_text(encoding="utf-8"))
    items = tuple(
        Item(key, Text(**row["title"]), row["weight"], row.get("must", False), row.get("shows", ""))
        for key, row in table["items"].items()
    )
    return Checklist(str(table["version"]), table["passes_at"], items)


def judge(points: Points, by: Checklist) -> Judged | None:
    """None when nothing came up. What didn't come up counts neither for nor against."""
    asked = [item for item in by.items if points.get(item.id) is not None]
    if not asked:
        return None
    met = sum(item.weight for item in asked if points[item.id])
    score = met * 100 // sum(item.weight for item in asked)
    return Judged(score, score >= by.passes_at and all(points[item.id] for item in asked if item.must))

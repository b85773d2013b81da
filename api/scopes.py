"""The table of scopes, read once from ``scopes.yaml``, and what they come to for a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.utils.translation import get_language

REVEAL = "reveal:customers"


@dataclass(frozen=True, slots=True)
class Scope:
    key: str
    titles: dict[str, str]
    needs: frozenset[str]
    clear: bool

    @property
    def title(self) -> str:
        """In the language in use."""
        return self.titles["en" if (get_language() or "").startswith("en") else "zh"]


@cache
def scopes() -> dict[str, Scope]:
    table = yaml.safe_load((Path(__file__).parent / "scopes.yaml").read_text(encoding="utf-8"))
    return {
        key: Scope(key, row["title"], frozenset(row["needs"]), bool(row.get("clear"))) for key, row in table.items()
    }


def held(names: Iterable[str], capabilities: frozenset[str]) -> frozenset[str]:
    """Of these scopes those that somebody with ``capabilities`` may use."""
    return frozenset(name for name in names if name in scopes() and scopes()[name].needs <= capabilities)


def capabilities_of(names: Iterable[str]) -> frozenset[str]:
    return frozenset(need for name in names for need in scopes()[name].needs)

"""The table of roles, read once from ``roles.yaml``."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.utils.translation import get_language


@dataclass(frozen=True, slots=True)
class Role:
    key: str
    titles: dict[str, str]
    kinds: frozenset[str]
    home: str
    capabilities: frozenset[str]
    removes: frozenset[str]

    @property
    def title(self) -> str:
        """In the language in use."""
        return self.titles["en" if (get_language() or "").startswith("en") else "zh"]


@cache
def roles() -> dict[str, Role]:
    table = yaml.safe_load((Path(__file__).parent / "roles.yaml").read_text(encoding="utf-8"))
    return {
        key: Role(
            key,
            row["title"],
            frozenset(row["kinds"]),
            row["home"],
            frozenset(row["may"]),
            frozenset(row.get("removes", [])),
        )
        for key, row in table.items()
    }

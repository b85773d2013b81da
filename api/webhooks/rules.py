from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.utils.translation import get_language

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Rules:
    again: list[int]
    off_after_days: int
    both_secrets_hours: int
    most: int
    batch: int
    timeout: int
    lease: int
    read: int
    ports: list[int]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event that others can be told of. ``of``: our own names for it."""

    name: str
    titles: dict[str, str]
    of: frozenset[str]
    path: str

    @property
    def title(self) -> str:
        """In the language in use."""
        return self.titles["en" if (get_language() or "").startswith("en") else "zh"]


@cache
def rules() -> Rules:
    return Rules(**yaml.safe_load((HERE / "rules.yaml").read_text("utf-8")))


@cache
def kinds() -> dict[str, Kind]:
    table = yaml.safe_load((HERE / "events.yaml").read_text("utf-8"))
    return {
        name: Kind(name, {"zh": row["zh"], "en": row["en"]}, frozenset(row["of"]), row.get("path", ""))
        for name, row in table.items()
    }


def kind_of(event: str) -> Kind | None:
    """What others call an event of ours."""
    return next((kind for kind in kinds().values() if event in kind.of), None)

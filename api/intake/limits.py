from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Limits:
    rows: int
    inline: int
    bytes: int
    cell: int
    errors: int
    refused: int
    wait: int


@cache
def limits() -> Limits:
    return Limits(**yaml.safe_load((Path(__file__).parent / "limits.yaml").read_text("utf-8")))

"""How long the files of imports are kept: ``periods.yaml``."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Periods:
    files_days: int
    slices_days: int


@cache
def periods() -> Periods:
    return Periods(**yaml.safe_load((Path(__file__).parent / "periods.yaml").read_text(encoding="utf-8")))

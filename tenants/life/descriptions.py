"""What each table of a tenant holds, in both languages: ``tables.yaml``."""

from functools import cache
from pathlib import Path

import yaml


@cache
def descriptions() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load((Path(__file__).parent / "tables.yaml").read_text("utf-8"))
    return found

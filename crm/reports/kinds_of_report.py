"""Which calls are in which daily report, read from ``daily.yaml``."""

from functools import cache
from pathlib import Path

import yaml


@cache
def sales_rules() -> list[str]:
    """The rules whose calls are about sales; all others are in the service report."""
    table: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "daily.yaml").read_text(encoding="utf-8"))
    return table["sales"]

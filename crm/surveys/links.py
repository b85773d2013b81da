"""How long a survey link stays open. Read once: the same file for every store."""

from datetime import timedelta
from functools import cache
from pathlib import Path

import yaml


@cache
def valid_for() -> timedelta:
    table = yaml.safe_load((Path(__file__).parent / "links.yaml").read_text(encoding="utf-8"))
    return timedelta(days=table["valid_days"])

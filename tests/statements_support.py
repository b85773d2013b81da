"""How many SQL statements a screen takes, compared with tests/frontend/query_counts.json.

A change is looked at and written down with ``UPDATE_QUERY_COUNTS=1``.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

BASELINE = Path(__file__).with_name("frontend") / "query_counts.json"


@pytest.fixture(scope="module")
def baseline() -> Iterator[dict[str, int]]:
    """Measured counts go in; at the end they are the baseline or are compared with it by each test."""
    counts: dict[str, int] = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    yield counts
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        BASELINE.write_text(json.dumps(counts, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def compare(baseline: dict[str, int], screen: str, counted: int) -> None:
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        baseline[screen] = counted
    assert baseline.get(screen) == counted, f"{screen}: {counted} statements; UPDATE_QUERY_COUNTS=1 accepts them"


def counted(ask: Callable[[], Any]) -> int:
    """The second time: what is remembered between requests (tenants, packs) has been."""
    ask()
    with CaptureQueriesContext(connection) as statements:
        answer = ask()
    assert answer.status_code in {200, 204}, answer.status_code
    return len(statements)

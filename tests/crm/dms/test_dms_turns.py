"""Two imports of one store at the same time."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tenants.models import Tenant


def test_the_same_file_from_two_sides(
    start: Callable[[Path], "subprocess.Popen[str]"], orders: Path, network: dict[str, Tenant]
) -> None:
    """One brings it, the other waits and finds everything there."""
    processes = [start(orders), start(orders)]
    said = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    rows = said[0]["rows"]
    assert sorted((told["new"], told["same"]) for told in said) == [(0, rows), (rows, 0)]

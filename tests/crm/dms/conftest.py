"""Imports as processes of their own, for tests that end them or set them against each other."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import database
import pytest
from dms_cases import GOOD_ORDER, chinese_vin
from import_support import write_csv

ROOT = Path(__file__).resolve().parents[3]
ROWS = 1_000


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    draw = random.Random(7)
    rows = []
    for number in range(ROWS):
        car = number % (ROWS // 2)
        if number == car:
            vin = chinese_vin(draw)
        day = f"2025-{1 + number % 6:02d}-{1 + number % 28:02d}"
        rows.append(
            {
                **GOOD_ORDER,
                "工单号": f"RO{number:06d}",
                "VIN": vin,
                "手机": f"1391{car + 1:07d}",
                "车主": f"车主{car}",
                "工单开单日期": f"{day} 09:20",
                "交车日期": f"{day} 11:20",
            }
        )
    return write_csv(tmp_path_factory.mktemp("kills") / "orders.csv", "repair_orders", rows)


@pytest.fixture
def start(own_database: str, tmp_path: Path) -> Iterator[Callable[[Path], "subprocess.Popen[str]"]]:
    """Starts ``manage.py import_dms chengdu repair_orders FILE`` on this test's database."""
    begun = []

    def import_process(path: Path) -> "subprocess.Popen[str]":
        environment = database.process_environment(own_database)
        command = [sys.executable, "manage.py", "import_dms", "chengdu", "repair_orders", str(path)]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        return process

    yield import_process
    for process in begun:
        process.kill()
        process.communicate()

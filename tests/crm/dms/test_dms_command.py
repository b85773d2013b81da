"""``manage.py import_dms``, to the letter (follow-ups.md, last section)."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from dms_cases import GOOD_ORDER, ORDER_HEADERS, xlsx_bytes
from import_support import snapshot, write_csv

from crm.vehicles.models import RepairOrder
from sanfang.tenancy.context import inside
from tenants.models import Tenant

BAD = {**GOOD_ORDER, "工单号": "RO002", "VIN": "LS4ASE2W4SA12345", "手机": "1391234567"}


def said(*arguments: Any) -> dict[str, Any]:
    """What the command prints: one JSON object and nothing else."""
    out = StringIO()
    call_command("import_dms", *map(str, arguments), stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    assert out.getvalue().count("\n") == 1
    return found


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "工单.csv", "repair_orders", [GOOD_ORDER, BAD])


def test_a_file_with_faults(mixed: Path, chengdu: Tenant) -> None:
    told = said("chengdu", "repair_orders", mixed)
    assert list(told) == ["rows", "new", "changed", "same", "faulty", "faults", "warnings"]
    assert [told[key] for key in ("rows", "new", "changed", "same", "faulty")] == [2, 1, 0, 0, 1]
    assert [(fault["line"], fault["column"]) for fault in told["faults"]] == [(3, "VIN"), (3, "手机")]
    assert all(list(fault) == ["line", "column", "reason"] for fault in told["faults"])
    errors = mixed.with_name("工单-errors.csv")
    with errors.open(encoding="gb18030", newline="") as file:
        header, row = csv.reader(file)
    assert header == [*ORDER_HEADERS, "原因"]
    assert row[ORDER_HEADERS.index("工单号")] == "RO002"
    assert told["faults"][0]["reason"] in row[-1]
    with inside(chengdu):
        assert RepairOrder.objects.get().number == "RO001"
    again = said("chengdu", "repair_orders", mixed)
    assert (again["new"], again["same"], again["faulty"]) == (0, 1, 1)


def test_a_dry_run_writes_nothing(mixed: Path, chengdu: Tenant) -> None:
    with inside(chengdu):
        before = snapshot("dms_importrun")
    told = said("chengdu", "repair_orders", mixed, "--dry-run")
    assert (told["rows"], told["new"], told["faulty"]) == (2, 1, 1)
    assert [path.name for path in mixed.parent.iterdir()] == ["工单.csv"]
    with inside(chengdu):
        assert snapshot("dms_importrun") == before


def test_no_error_file_without_faults(tmp_path: Path, chengdu: Tenant) -> None:
    path = write_csv(tmp_path / "good.csv", "repair_orders", [GOOD_ORDER])
    said("chengdu", "repair_orders", path)
    assert [one.name for one in tmp_path.iterdir()] == ["good.csv"]


def test_a_workbook_gets_a_workbook(tmp_path: Path, chengdu: Tenant) -> None:
    path = tmp_path / "工单.xlsx"
    path.write_bytes(
        xlsx_bytes([["工单号", "工单开单日期", "交车日期", "VIN", "车主", "手机"], ["R1", "", "", "", "", ""]])
    )
    told = said("chengdu", "repair_orders", path)
    assert told["faulty"] == 1
    assert path.with_name("工单-errors.xlsx").exists()


def test_unreadable_says_what_to_do_on_stderr_and_exits_with_2(tmp_path: Path, chengdu: Tenant) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    good = write_csv(tmp_path / "good.csv", "repair_orders", [GOOD_ORDER])
    broken = tmp_path / "broken.csv"
    broken.write_bytes(good.read_bytes() + b"RO9,\0\n")
    for arguments in (
        ("nowhere", "repair_orders", good),
        ("yuanting", "repair_orders", good),
        ("chengdu", "repair_orders", tmp_path / "not-there.csv"),
        ("chengdu", "repair_orders", tmp_path),
        ("chengdu", "repair_orders", empty),
        ("chengdu", "deliveries", good),
        ("chengdu", "repair_orders", broken),
    ):
        out = StringIO()
        for more in ((), ("--dry-run",)):
            with pytest.raises(CommandError) as refused:
                call_command("import_dms", *map(str, arguments), *more, stdout=out)
            assert refused.value.returncode == 2, arguments
            assert str(refused.value), arguments
        assert out.getvalue() == ""
    with inside(chengdu):
        assert not RepairOrder.objects.exists()

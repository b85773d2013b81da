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


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_error_file_of_an_earlier_import_goes_with_its_faults(mixed: Path, chengdu: Tenant) -> None:
    said("chengdu", "repair_orders", mixed)
    first = mixed.with_name("工单-errors.csv").read_bytes()
    write_csv(mixed, "repair_orders", [BAD])
    assert "error_file" not in said("chengdu", "repair_orders", mixed)
    assert mixed.with_name("工单-errors.csv").read_bytes() == first
    write_csv(mixed, "repair_orders", [{**BAD, "手机": ""}])
    said("chengdu", "repair_orders", mixed)
    assert mixed.with_name("工单-errors.csv").read_bytes() != first
    write_csv(mixed, "repair_orders", [GOOD_ORDER])
    said("chengdu", "repair_orders", mixed, "--dry-run")
    assert names_in(mixed.parent) == ["工单-errors.csv", "工单.csv"]
    said("chengdu", "repair_orders", mixed)
    assert names_in(mixed.parent) == ["工单.csv"]


def test_a_file_that_no_import_wrote_is_never_touched(
    mixed: Path, chengdu: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    own = mixed.with_name("工单-errors.csv")
    own.write_text("工单号,原因\n1,我自己的笔记\n")
    for _time in range(2):
        told = said("chengdu", "repair_orders", mixed)
        assert told["error_file"] == str(mixed.with_name("工单-errors-2.csv"))
        complained = capsys.readouterr().err
        assert f"{own} is not of this import" in complained
        assert told["error_file"] in complained
    assert names_in(mixed.parent) == ["工单-errors-2.csv", "工单-errors.csv", "工单.csv"]
    write_csv(mixed, "repair_orders", [GOOD_ORDER])
    assert "error_file" not in said("chengdu", "repair_orders", mixed)
    assert names_in(mixed.parent) == ["工单-errors.csv", "工单.csv"]
    assert own.read_text() == "工单号,原因\n1,我自己的笔记\n"
    assert str(own) in capsys.readouterr().err


def test_rows_corrected_in_the_error_file_are_not_lost(mixed: Path, chengdu: Tenant) -> None:
    said("chengdu", "repair_orders", mixed)
    errors = mixed.with_name("工单-errors.csv")
    corrected = errors.read_bytes().replace(b"1391234567,", b"13912345678,")
    assert corrected != errors.read_bytes()
    errors.write_bytes(corrected)
    assert said("chengdu", "repair_orders", mixed)["error_file"].endswith("-errors-2.csv")
    assert errors.read_bytes() == corrected


def test_a_link_or_a_folder_of_that_name_is_not_followed(mixed: Path, chengdu: Tenant) -> None:
    elsewhere = mixed.parent / "elsewhere"
    mixed.with_name("工单-errors.csv").symlink_to(elsewhere)
    mixed.with_name("工单-errors-2.csv").mkdir()
    assert said("chengdu", "repair_orders", mixed)["error_file"].endswith("-errors-3.csv")
    assert not elsewhere.exists()
    assert [name for name in names_in(mixed.parent) if name.startswith(".")] == []


def test_the_import_stands_where_the_error_file_cannot_be_written(
    mixed: Path, chengdu: Tenant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crm.dms.beside.shutil.copyfile", full)
    told = said("chengdu", "repair_orders", mixed)
    assert (told["new"], told["faulty"]) == (1, 1)
    assert "No space left" in capsys.readouterr().err
    assert names_in(mixed.parent) == ["工单.csv"]


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

"""Workbooks that no test can write itself: a real .xls of 1997's format and one behind a password."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from dms_cases import documents

from crm.dms.errors import FileRefused
from crm.dms.files import open_source
from crm.dms.records import RepairOrderRow

HERE = Path(__file__).parent


def test_a_real_xls_is_read_by_its_content(tmp_path: Path) -> None:
    shutil.copy(HERE / "old_workbook.xls", tmp_path / "工单.csv")
    source = open_source(tmp_path / "工单.csv")
    assert (source.form, source.sheet, source.sheets) == ("xls", "维修工单", ("维修工单",))
    good, bad = documents(source, "repair_orders")
    assert good.lines == (4,)
    assert isinstance(good.record, RepairOrderRow)
    assert good.record.opened == datetime.fromisoformat("2025-06-08 09:20")
    assert good.record.closed == good.record.opened
    assert good.record.mobile == "13912345678"
    assert good.record.mileage == 15230
    assert [(fault.line, fault.column) for fault in bad.faults] == [(5, "VIN")]


def test_a_workbook_behind_a_password_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as caught:
        open_source(HERE / "locked_workbook.xlsx")
    assert "密码" in str(caught.value)

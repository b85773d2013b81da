"""The error file: the source's own columns and a reason, safe in a spreadsheet, importable again."""

import csv
import io
from datetime import datetime
from pathlib import Path

import pytest
from dms_cases import (
    FACTS,
    GOOD_ORDER,
    ORDER_HEADERS,
    columns_of,
    csv_bytes,
    documents,
    opened,
    table,
    xlsx_bytes,
)
from python_calamine import CalamineWorkbook

from crm.dms.errorfile import error_file_name, write_error_file
from crm.dms.fields import KINDS, Kind
from crm.dms.files import Source, open_source
from crm.dms.reading import read_documents
from crm.dms.records import RepairOrderRow
from crm.dms.template import template_workbook

BAD = {**GOOD_ORDER, "工单号": "RO002", "VIN": "LS4ASE2W5SA123456", "备注": "=cmd|' /C calc'!A0", "故障描述": "一\n二"}


def error_file_of(source: Source, folder: Path) -> Path:
    columns = columns_of(source, "repair_orders")
    found = read_documents(source, columns, FACTS)
    reasons = sorted(reason for document in found for reason in document.reasons())
    target = folder / error_file_name(source)
    assert write_error_file(source, columns, reasons, target) == len(reasons)
    return target


@pytest.mark.parametrize(
    ("encoding", "written_as", "delimiter"),
    [("gbk", "gb18030", ","), ("utf-8", "utf-8-sig", ","), ("utf-8-sig", "utf-8-sig", ";"), ("utf-16", "utf-16", "\t")],
)
def test_a_csv_keeps_its_encoding_columns_and_delimiter(
    tmp_path: Path, encoding: str, written_as: str, delimiter: str
) -> None:
    rows = [["某店工单"], *table("repair_orders", [GOOD_ORDER, BAD])]
    source = opened(tmp_path, csv_bytes(rows, encoding, delimiter))
    target = error_file_of(source, tmp_path)
    assert target.name == "导出-错误行.csv"
    text = target.read_bytes().decode(written_as)
    written = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert written[0] == [*ORDER_HEADERS, "原因"]
    assert len(written) == 2
    assert written[1][ORDER_HEADERS.index("故障描述")] == "一\n二"
    assert written[1][ORDER_HEADERS.index("备注")] == "'=cmd|' /C calc'!A0"
    assert "校验位" in written[1][-1]
    assert open_source(target).encoding_label == source.encoding_label or encoding == "utf-8"


def test_corrected_and_imported_again_it_says_what_the_source_said(tmp_path: Path) -> None:
    source = opened(tmp_path, csv_bytes(table("repair_orders", [GOOD_ORDER, BAD]), "gbk"))
    target = error_file_of(source, tmp_path)
    corrected = target.read_bytes().replace(b"LS4ASE2W5SA123456", b"LS4ASE2W4SA123456")
    target.write_bytes(corrected)
    again = open_source(target)
    [document] = documents(again, "repair_orders")
    assert isinstance(document.record, RepairOrderRow)
    assert document.record.remark == BAD["备注"]
    assert document.record.fault_description == "一\n二"
    # Still faulty after a wrong correction: the reasons do not pile up.
    target.write_bytes(corrected.replace(b"LS4ASE2W4SA123456", b"LS4ASE2W6SA123456"))
    second = error_file_of(open_source(target), tmp_path)
    header = second.read_bytes().decode("gb18030").splitlines()[0]
    assert header.count("原因") == 1


def test_nothing_in_a_csv_is_a_formula(tmp_path: Path) -> None:
    row = {**BAD, "品牌": "=1+1", "车系": "+1", "车型": "-1", "送修人": "@SUM(A1)", "备注1": "\t=1", "三包状态": "\r=1"}
    target = error_file_of(opened(tmp_path, csv_bytes(table("repair_orders", [row]))), tmp_path)
    for cells in csv.reader(io.StringIO(target.read_bytes().decode("utf-8-sig"), newline="")):
        for cell in cells:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_workbook_becomes_a_workbook_with_text_dates_and_long_digits_kept(tmp_path: Path) -> None:
    row: list[object] = [BAD.get(header, "") for header in ORDER_HEADERS]
    row[ORDER_HEADERS.index("工单号")] = "202506080012345678"
    row[ORDER_HEADERS.index("手机")] = 13912345678
    row[ORDER_HEADERS.index("工单开单日期")] = datetime.fromisoformat("2025-06-08 09:20")
    source = opened(tmp_path, xlsx_bytes([["标题"], list(ORDER_HEADERS), row]), "工单.xls")
    target = error_file_of(source, tmp_path)
    assert target.name == "工单-错误行.xlsx"
    with CalamineWorkbook.from_path(target) as book:
        header, written = book.get_sheet_by_index(0).to_python()
    assert header == [*ORDER_HEADERS, "原因"]
    assert written[ORDER_HEADERS.index("工单号")] == "202506080012345678"
    assert written[ORDER_HEADERS.index("手机")] == 13912345678.0
    assert written[ORDER_HEADERS.index("工单开单日期")] == datetime.fromisoformat("2025-06-08 09:20")
    assert written[ORDER_HEADERS.index("备注")] == BAD["备注"]
    [document] = documents(open_source(target), "repair_orders")
    assert {fault.column for fault in document.faults} == {"VIN"}


def test_cells_pushed_out_by_a_bare_comma_stay_in_sight(tmp_path: Path) -> None:
    text = "工单号,工单开单日期,交车日期,VIN,车主\nRO1,2025-06-08,,LS4ASE2W4SA123456,李,文静\n"
    target = error_file_of(opened(tmp_path, text.encode()), tmp_path)
    written = list(csv.reader(io.StringIO(target.read_bytes().decode("utf-8-sig"), newline="")))
    assert written[1][:5] == ["RO1", "2025-06-08", "", "LS4ASE2W4SA123456", "李"]
    assert written[1][6] == "文静"


@pytest.mark.parametrize("kind", KINDS)
def test_the_template_is_understood_and_its_example_never_imported(tmp_path: Path, kind: Kind) -> None:
    source = opened(tmp_path, template_workbook(kind), "模板.xlsx")
    columns = columns_of(source, kind)
    assert columns.missing == ()
    assert columns.warnings == ()
    assert documents(source, kind) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_templates_example_is_itself_without_fault_or_warning(tmp_path: Path, kind: Kind) -> None:
    with CalamineWorkbook.from_filelike(io.BytesIO(template_workbook(kind))) as book:
        header, example = book.get_sheet_by_index(0).to_python()
    rows = [[str(cell) for cell in header], [str(cell).replace("示例", "") for cell in example]]
    [document] = documents(opened(tmp_path, csv_bytes(rows)), kind)
    assert document.faults == ()
    assert document.warnings == ()

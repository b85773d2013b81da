"""Bytes → rows: recognised by content, with physical lines, or refused with what to do instead."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from dms_cases import GOOD_ORDER, csv_bytes, documents, opened, table, xlsx_bytes
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.dms import delimited, workbook
from crm.dms.errors import FileRefused
from crm.dms.files import open_source

ORDERS = table("repair_orders", [GOOD_ORDER])


def refused(folder: Path, content: bytes, name: str = "导出.xlsx") -> str:
    with pytest.raises(FileRefused) as caught:
        documents(opened(folder, content, name), "repair_orders")
    return str(caught.value)


@pytest.mark.parametrize(
    ("encoding", "label"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 (BOM)"),
        ("gbk", "GBK/GB18030"),
        ("gb18030", "GBK/GB18030"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encodings_and_delimiters_are_detected_and_told(
    tmp_path: Path, encoding: str, label: str, delimiter: str
) -> None:
    source = opened(tmp_path, csv_bytes(ORDERS, encoding, delimiter))
    assert (source.form, source.encoding_label, source.delimiter) == ("csv", label, delimiter)
    assert [cells for _line, cells in source.rows()] == ORDERS


cell_texts = st.text(st.characters(codec="gb18030", exclude_characters="\0"), max_size=8)


@settings(deadline=None, max_examples=150)
@given(
    body=st.lists(st.lists(cell_texts, min_size=4, max_size=4), max_size=6),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    delimiter=st.sampled_from([",", "\t", ";"]),
)
def test_any_table_of_text_comes_back_from_a_csv_in_any_encoding(
    tmp_path_factory: pytest.TempPathFactory, body: list[list[str]], encoding: str, delimiter: str
) -> None:
    rows = [["工单号", "车主", "手机", "VIN"], *body]
    into = io.StringIO()
    csv.writer(into, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    source = opened(tmp_path_factory.mktemp("csv"), into.getvalue().encode(encoding))
    read = list(source.rows())
    assert [cells for _line, cells in read] == rows
    # The line is where the record begins: one after all line ends of the records before it.
    line = 1
    for (at, _cells), row in zip(read, rows, strict=True):
        assert at == line
        line += 1 + sum(_line_ends(cell) for cell in row)


def _line_ends(text: str) -> int:
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


def test_lines_are_physical_with_breaks_in_cells_and_blank_lines(tmp_path: Path) -> None:
    content = '工单号,故障描述,VIN,车主\r\n1,"第一行\n第二行",,\r\n\r\n\r\n2,无,,\r\n3,无,,'
    source = opened(tmp_path, content.encode("gbk"))
    assert [line for line, _cells in source.rows()] == [1, 2, 6, 7]


def test_excels_own_first_line_naming_the_delimiter(tmp_path: Path) -> None:
    source = opened(tmp_path, b"sep=;\r\n" + csv_bytes(ORDERS, "utf-8", ";"))
    assert source.delimiter == ";"
    assert [line for line, _cells in source.rows()] == [2, 3]
    [document] = documents(source, "repair_orders")
    assert document.record is not None
    assert document.lines == (3,)


def test_a_workbook_is_known_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    for name in ("导出.xlsx", "导出.xls", "导出.csv", "导出"):
        source = opened(tmp_path, xlsx_bytes(ORDERS, top=3, left=2), name)
        assert source.form == "xlsx"
        assert [line for line, _cells in source.rows()] == [4, 5]
        [document] = documents(source, "repair_orders")
        assert document.lines == (5,)
        assert document.record is not None


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig", "utf-16"])
def test_html_called_xls(tmp_path: Path, encoding: str) -> None:
    body = "".join("<tr>" + "".join(f"<td>{cell}&nbsp;</td>" for cell in row) + "</tr>" for row in ORDERS)
    title = "<tr><td colspan=9>维修<br>工单</td></tr>"
    page = f"<html><head><style>td {{}}</style></head><body><table>{title}{body}</table></body></html>"
    source = opened(tmp_path, page.encode(encoding), "工单.xls")
    assert source.form == "html"
    assert [line for line, _cells in source.rows()] == [1, 2, 3]
    [document] = documents(source, "repair_orders")
    assert document.record is not None
    assert document.lines == (3,)


def test_html_cells_that_span_rows_stand_in_each_of_them(tmp_path: Path) -> None:
    page = "<table><tr><td rowspan=3>甲</td><td>1</td></tr><tr><td>2</td></tr><tr><td>3</td></tr>"
    page += "<tr><td>乙</td><td>4</td></table>"
    source = opened(tmp_path, page.encode(), "x.xls")
    assert [list(cells) for _line, cells in source.rows()] == [["甲", "1"], ["甲", "2"], ["甲", "3"], ["乙", "4"]]


def test_csv_called_xls(tmp_path: Path) -> None:
    assert opened(tmp_path, csv_bytes(ORDERS, "gbk", "\t"), "工单.xls").form == "csv"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "空的"),
        (b"\xef\xbb\xbf  \r\n", "空的"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x1f\x8b\x08\x00....", "GZIP"),
        (b"PK\x03\x04broken", "已损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1broken", "已损坏"),
        ("工单号,VIN\n1,\0\n".encode(), "NUL"),
        (b"\x81\xff\xff\xff,\xff\xfe\xfd\n" * 3, "编码"),
        (b"\xef\xbb\xbfabc\xff", "无法读出"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "XML"),
        ("一,二,三\n1,2,3\n".encode(), "表头"),
        ("标题\n".encode() * 60, "表头"),
    ],
)
def test_what_is_no_table_is_refused_with_a_clear_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in refused(tmp_path, content)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileRefused):
        open_source(tmp_path / "没有.csv")


def test_an_unclosed_quotation_mark_is_told_with_its_line(tmp_path: Path) -> None:
    rows = [*ORDERS, *[["x"] * 40] * 3]
    content = csv_bytes(rows).decode("utf-8-sig") + '"没有结束' + "很长" * 100_000
    assert "第 6 行" in refused(tmp_path, content.encode())


def test_nul_in_mid_file_is_told_with_its_line(tmp_path: Path) -> None:
    content = csv_bytes([*ORDERS, *[["x"] * 45] * 40_000], "utf-8") + b"a\0b\n"
    assert "第 40003 行" in refused(tmp_path, content)


def test_too_many_columns(tmp_path: Path) -> None:
    wide = [["工单号", "VIN", "工单开单日期", "交车日期", *[f"列{n}" for n in range(10_000)]]]
    assert "10004 列" in refused(tmp_path, csv_bytes(wide))
    assert "10004 列" in refused(tmp_path, xlsx_bytes(wide))


def zipped(parts: dict[str, bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return into.getvalue()


def repacked(change: dict[str, bytes]) -> bytes:
    """A good workbook with some parts replaced."""
    with zipfile.ZipFile(io.BytesIO(xlsx_bytes(ORDERS))) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    return zipped({**parts, **change})


def test_other_archives_are_not_workbooks(tmp_path: Path) -> None:
    assert "压缩包" in refused(tmp_path, zipped({"工单.csv": csv_bytes(ORDERS)}))


def test_a_bomb_is_refused_by_its_declared_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 1 << 20)
    assert "过大" in refused(tmp_path, repacked({"xl/media/x.bin": bytes(2 << 20)}))


def test_a_part_longer_than_it_declares_is_found(tmp_path: Path) -> None:
    content = bytearray(repacked({"xl/media/x.bin": bytes(5 << 20)}))
    declared = (5 << 20).to_bytes(4, "little")
    while declared in content:
        at = content.index(declared)
        content[at : at + 4] = (100).to_bytes(4, "little")
    assert "已损坏" in refused(tmp_path, bytes(content))


def test_two_cells_at_the_ends_of_a_sheet_do_not_take_the_memory(tmp_path: Path) -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c s="0" r="{}1048576"><v>1</v></c></row>'
        "</sheetData></worksheet>"
    )
    assert "列" in refused(tmp_path, repacked({"xl/worksheets/sheet1.xml": sheet.format("XFD").encode()}))
    path = tmp_path / "x"
    path.write_bytes(repacked({"xl/worksheets/sheet1.xml": sheet.format("CV").encode()}))
    with pytest.raises(FileRefused) as caught:
        workbook.check_archive(path)
    assert "过大" in str(caught.value)


def test_a_workbook_without_a_visible_sheet_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx_bytes(ORDERS))) as archive:
        book = archive.read("xl/workbook.xml").replace(b'sheetId="1"', b'sheetId="1" state="hidden"')
    assert "工作表" in refused(tmp_path, repacked({"xl/workbook.xml": book}))


def test_merged_cells_mean_the_same_in_every_row(tmp_path: Path) -> None:
    into = io.BytesIO()
    with xlsxwriter.Workbook(into) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["工单号", "VIN", "维修项目名称"])
        sheet.merge_range(1, 0, 3, 0, "RO1")
        sheet.merge_range(1, 1, 2, 1, "V")
        sheet.merge_range(5, 0, 6, 2, "标题")
        for line, item in enumerate(("换油", "换胎", "洗车"), start=1):
            sheet.write(line, 2, item)
    rows = [list(cells) for _line, cells in opened(tmp_path, into.getvalue(), "x.xlsx").rows()]
    assert rows[1:] == [["RO1", "V", "换油"], ["RO1", "V", "换胎"], ["RO1", "", "洗车"], ["标题", "", ""]]


def test_gbk_and_utf8_are_told_apart_even_where_both_could_be_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes("工单号,车主\n".encode("gbk"))
    assert delimited.detect_encoding(path) == "gb18030"
    both = "工单,车主".encode()
    assert both.decode("gb18030") != "工单,车主"
    path.write_bytes(both)
    assert delimited.detect_encoding(path) == "utf-8"


HEAD = ",".join(["工单号", "工单开单日期", "交车日期", "VIN", "车主", "手机"])
ROW = "RO{n},2025-06-08,2025-06-08,LS4ASE2W4SA123456,{name},13912345678"


@pytest.mark.parametrize(
    "after",
    [[], ['"甲"'], ["甲", '"乙"'], ["甲"] * 40],
    ids=["at the end", "closed by the next row's", "closed later on", "never closed"],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", ""])
def test_a_quotation_mark_that_is_never_closed_swallows_no_rows(tmp_path: Path, after: list[str], newline: str) -> None:
    names = ["甲", '"李文静', *after]
    rows = [ROW.format(n=number, name=name) for number, name in enumerate(names)]
    content = (newline or "\n").join([HEAD, *rows]) + newline
    assert "第 3 行" in refused(tmp_path, content.encode("gb18030"))


def test_quotation_marks_that_are_no_trouble(tmp_path: Path) -> None:
    names = ['"李""文""静"', '李"文"静', '"两行\n的名字"', '"12"轮胎', '""', '"a,b"']
    rows = [ROW.format(n=number, name=name) for number, name in enumerate(names)]
    source = opened(tmp_path, "\n".join([HEAD, *rows, ""]).encode())
    assert [cells[4] for _line, cells in source.rows()][1:] == [
        '李"文"静', '李"文"静', "两行\n的名字", "12轮胎", "", "a,b",
    ]  # fmt: skip
    assert [line for line, _cells in source.rows()] == [1, 2, 3, 4, 6, 7, 8]

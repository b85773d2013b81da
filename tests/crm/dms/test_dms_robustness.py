"""Whatever is in a file, the importer answers with documents, faults or one clear refusal."""

from datetime import date, datetime, time, timedelta

import pytest
from dms_cases import FACTS, HEADERS, csv_bytes, documents, opened, table, xlsx_bytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.dms.cells import Cell
from crm.dms.columns import Columns
from crm.dms.errors import FileRefused
from crm.dms.fields import FIELDS, KINDS, LISTS, Kind
from crm.dms.reading import _DocumentReader

kinds = st.sampled_from(KINDS)
telling = st.sampled_from(
    [
        "",
        "0",
        "-",
        "=1+1",
        "'",
        "''",
        "'=",
        '=""',
        "1E400",
        "9" * 40,
        "１",
        "+",
        "13912345678",
        "LS4ASE2W4SA123456",
        "2025-06-08",
        "24:00",
        "0000-00-00",
        "99991231",
        "5.5.5",
        "1e5",
        "-0",
        "∞",
        "NaN",
        "是",
        "作废",
        "合计",
        "\n",
        "\t=",
        "a" * 5000,
        "٣",
        "²",
        "①",
        "ß",
        "ﬁ",
        "𝟙",
    ]
)
cells: st.SearchStrategy[Cell] = (
    st.text(max_size=20)
    | telling
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas()
)


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(kind=kinds, data=st.data(), lines=st.integers(1, 3))
def test_any_cells_under_any_headers_make_a_document(kind: Kind, data: st.DataObject, lines: int) -> None:
    names = [field.name for field in FIELDS[kind]]
    columns = Columns(kind, 1, tuple(names), {name: place for place, name in enumerate(names)}, (), ())
    rows = [
        (line, data.draw(st.lists(cells, min_size=len(names), max_size=len(names) + 1))) for line in range(2, 2 + lines)
    ]
    document = _DocumentReader(columns, FACTS).document("1", rows)
    assert document.lines == tuple(range(2, 2 + lines))
    assert (document.record is None) == bool(document.faults)
    for said in (*document.faults, *document.warnings):
        assert said.line in document.lines
        assert said.reason
    if document.record is not None and not document.record.cancelled:
        # A list may name a customer without a car.
        assert len(document.record.vin) in ({0, 17} if kind in LISTS else {17})


@settings(deadline=None, max_examples=80)
@given(content=st.binary(max_size=400) | st.text(max_size=200).map(str.encode), kind=kinds)
def test_any_bytes_are_documents_or_one_clear_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, kind: Kind
) -> None:
    folder = tmp_path_factory.mktemp("any")
    for start in (b"", b"PK\x03\x04", b"<table><tr><td>", csv_bytes([HEADERS[kind]], "gb18030")):
        try:
            documents(opened(folder, start + content), kind)
        except FileRefused as refused:
            sentence = str(refused)
        else:
            sentence = "read"
        assert sentence


@settings(deadline=None, max_examples=60)
@given(content=st.data())
def test_a_damaged_workbook_is_read_or_refused_never_more(
    tmp_path_factory: pytest.TempPathFactory, content: st.DataObject
) -> None:
    good = bytearray(xlsx_bytes(table("deliveries", [{"VIN": "x"}] * 3)))
    for _ in range(content.draw(st.integers(1, 4))):
        good[content.draw(st.integers(0, len(good) - 1))] = content.draw(st.integers(0, 255))
    try:
        documents(opened(tmp_path_factory.mktemp("bad"), bytes(good)), "deliveries")
    except FileRefused as refused:
        sentence = str(refused)
    else:
        sentence = "read"
    assert sentence


def test_typed_cells_of_a_workbook_are_understood(tmp_path_factory: pytest.TempPathFactory) -> None:
    row: dict[str, object] = {
        "工单号": 20250608001.0,
        "VIN": "LS4ASE2W4SA123456",
        "工单开单日期": datetime.fromisoformat("2025-06-08 09:20"),
        "交车日期": date(2025, 6, 8),
        "手机": 13912345678,
        "进厂行驶里程": 15230.7,
        "维修金额": 388.5,
        "是否索赔": False,
        "备注": time(9, 30),
        "备注1": timedelta(hours=30),
        "车主": "李文静",
    }
    headers = HEADERS["repair_orders"]
    rows: list[list[object]] = [list(headers), [row.get(header, "") for header in headers]]
    [document] = documents(opened(tmp_path_factory.mktemp("typed"), xlsx_bytes(rows)), "repair_orders")
    assert document.faults == ()
    assert document.record is not None
    assert document.record.number == "20250608001"
    assert document.record.mobile == "13912345678"

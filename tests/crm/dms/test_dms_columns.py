"""Columns: found by their headers, corrected by people, checked against what is in them."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from dms_cases import (
    DELIVERY_HEADERS,
    FACTS,
    GOOD,
    GOOD_DELIVERY,
    GOOD_ORDER,
    HEADERS,
    ORDER_HEADERS,
    columns_of,
    csv_bytes,
    documents,
    opened,
    read,
    table,
)

from crm.dms.columns import detect_columns
from crm.dms.errors import FileRefused
from crm.dms.fields import FIELDS, KINDS, Kind
from crm.dms.headers import FIELD_OF_HEADER, plain_header
from crm.dms.reading import read_documents
from crm.dms.records import RepairOrderRow

# Of the common export, what the product has no use for and never stores.
LEFT_OUT = {
    "deliveries": {"发票编号", "证件类型", "证件号码"},
    "repair_orders": {"是否竣工", "是否结清", "结清日期", "交车标识"},
}


@pytest.mark.parametrize("kind", LEFT_OUT)
def test_the_common_exports_headers_are_all_known_but_those_left_out(tmp_path: Path, kind: Kind) -> None:
    columns = columns_of(opened(tmp_path, csv_bytes(table(kind, [GOOD[kind]]))), kind)
    assert columns.missing == ()
    assert columns.warnings == ()
    assert columns.header_line == 1
    used = {columns.header_of(field) for field in columns.positions}
    assert set(HEADERS[kind]) - used == LEFT_OUT[kind]
    for header in used:
        assert plain_header(header) in FIELD_OF_HEADER[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_every_synonym_is_understood_alone(tmp_path: Path, kind: Kind) -> None:
    for header, field in FIELD_OF_HEADER[kind].items():
        others = [one.headers[0] for one in FIELDS[kind] if one.name != field]
        columns = columns_of(opened(tmp_path, csv_bytes([[header, *others]])), kind)
        assert columns.positions[field] == 0, header


def test_headers_in_any_dress(tmp_path: Path) -> None:
    headers = [
        "＊工单号*",
        "工单\n开单日期",
        " Ｖｉｎ ",
        "交 车 日 期：",
        "进厂行驶里程(km)",
        "【手机】",
        "车主（必填）",
        "维修金额（元）",
    ]
    columns = columns_of(opened(tmp_path, csv_bytes([headers])), "repair_orders")
    assert list(columns.positions) == [
        "number",
        "opened",
        "vin",
        "closed",
        "mileage",
        "mobile",
        "customer_name",
        "amount",
    ]
    assert columns.header_of("opened") == "工单 开单日期"


def test_titles_above_and_totals_below_are_no_data(tmp_path: Path) -> None:
    body = table("repair_orders", [GOOD_ORDER, {**GOOD_ORDER, "工单号": "RO002"}])
    width = len(ORDER_HEADERS)
    rows = [
        ["某某店维修工单明细表"],
        ["日期：2025-06-01 至 2025-06-08", "品牌", "VIN"],
        [],
        *body,
        body[0],
        ["合计：", "2", *[""] * (width - 2)],
        ["", "总 计", *[""] * (width - 3), "100"],
        ["制表人：李娜"],
    ]
    found = documents(opened(tmp_path, csv_bytes(rows)), "repair_orders")
    assert [(one.number, one.lines) for one in found] == [("RO001", (5,)), ("RO002", (6,))]


def test_what_is_missing_is_named_with_the_headers_that_would_do(tmp_path: Path) -> None:
    source = opened(tmp_path, csv_bytes([["工单号", "手机", "车主", "进厂行驶里程"], ["1", "", "", ""]]))
    columns = columns_of(source, "repair_orders")
    assert [missing.field for missing in columns.missing] == ["opened", "settled", "vin"]
    assert "车架号" in columns.missing[2].understood
    with pytest.raises(FileRefused) as caught:
        documents(source, "repair_orders")
    assert "车架号" in str(caught.value)
    assert "开单日期" in str(caught.value)


@pytest.mark.parametrize(("given", "asked"), [("repair_orders", "deliveries"), ("deliveries", "repair_orders")])
def test_a_file_of_the_other_kind_is_told(tmp_path: Path, given: Kind, asked: Kind) -> None:
    source = opened(tmp_path, csv_bytes(table(given, [GOOD[given]])))
    with pytest.raises(FileRefused) as caught:
        detect_columns(source, asked)
    assert {"deliveries": "销售台账", "repair_orders": "维修工单"}[given] in str(caught.value)


def renamed(row: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {names.get(header, header): value for header, value in row.items()}


def test_a_mapping_overrides_by_header_and_by_position_and_can_be_kept(tmp_path: Path) -> None:
    names = {"工单号": "流水", "手机": "号码甲", "车主": "谁"}
    headers = [names.get(header, header) for header in ORDER_HEADERS]
    source = opened(tmp_path, csv_bytes(table("repair_orders", [renamed(GOOD_ORDER, names)], headers)))
    assert [missing.field for missing in columns_of(source, "repair_orders").missing] == ["number"]
    chosen: dict[str, str | int] = {
        "number": "流水",
        "mobile": headers.index("号码甲"),
        "customer_name": "谁",
        "remark": "",
    }
    columns = detect_columns(source, "repair_orders", chosen)
    assert columns.missing == ()
    assert "remark" not in columns.positions
    kept = columns.mapping()
    assert kept["number"] == "流水"
    assert kept["mobile"] == "号码甲"
    assert detect_columns(source, "repair_orders", kept).positions == columns.positions


def test_a_mapped_column_is_taken_from_the_field_that_had_it(tmp_path: Path) -> None:
    source = opened(tmp_path, csv_bytes(table("repair_orders", [GOOD_ORDER])))
    columns = detect_columns(source, "repair_orders", {"advisor": "维修技师"})
    assert "technician" not in columns.positions
    assert columns.header_of("advisor") == "维修技师"


def test_a_remembered_column_that_is_not_there_this_time_is_told_and_looked_for(tmp_path: Path) -> None:
    source = opened(tmp_path, csv_bytes(table("repair_orders", [GOOD_ORDER])))
    columns = detect_columns(source, "repair_orders", {"mobile": "没有的列", "remark": 99})
    assert columns.header_of("mobile") == "手机"
    assert [warning.line for warning in columns.warnings] == [1, 1]
    assert "没有的列" in columns.warnings[0].reason


def test_a_mapping_of_an_unknown_field_is_refused(tmp_path: Path) -> None:
    source = opened(tmp_path, csv_bytes(table("repair_orders", [GOOD_ORDER])))
    with pytest.raises(FileRefused):
        detect_columns(source, "repair_orders", {"没有的字段": "手机"})


def test_a_repeated_header_is_warned_about_and_the_first_taken(tmp_path: Path) -> None:
    rows = [[*row, extra] for row, extra in zip(table("repair_orders", [GOOD_ORDER]), ("手机", "x"), strict=True)]
    source = opened(tmp_path, csv_bytes(rows))
    columns = columns_of(source, "repair_orders")
    assert columns.positions["mobile"] == ORDER_HEADERS.index("手机")
    assert [(warning.line, warning.column) for warning in columns.warnings] == [(1, "手机")]


def test_a_fields_own_header_wins_over_a_synonym_before_it(tmp_path: Path) -> None:
    columns = columns_of(opened(tmp_path, csv_bytes([["联系方式", *DELIVERY_HEADERS]])), "deliveries")
    assert columns.header_of("mobile") == "联系人手机"


def test_advisors_are_found_under_another_title(tmp_path: Path) -> None:
    headers = ["客户经理" if header == "服务顾问" else header for header in ORDER_HEADERS]
    [document] = read(tmp_path, "repair_orders", [renamed(GOOD_ORDER, {"服务顾问": "客户经理"})], headers)
    assert isinstance(document.record, RepairOrderRow)
    assert document.record.advisor == "陈志强"


def test_swapped_neighbours_are_warned_about_never_repaired(tmp_path: Path) -> None:
    swapped = {"VIN": "CA4GX1234567", "发动机号": GOOD_DELIVERY["VIN"], "城市": "310012", "邮编": "杭州市"}
    rows = [{**GOOD_DELIVERY, **swapped, "销售订单编号": f"XS{n}"} for n in range(6)]
    source = opened(tmp_path, csv_bytes(table("deliveries", rows)))
    columns = columns_of(source, "deliveries")
    assert {warning.column for warning in columns.warnings} == {"VIN", "发动机号", "城市", "邮编"}
    assert columns.header_of("vin") == "VIN"
    assert all(document.faults for document in read_documents(source, columns, FACTS))


def test_a_column_that_really_holds_the_vin_is_named(tmp_path: Path) -> None:
    headers = [*ORDER_HEADERS, "代码"]
    rows = [{**GOOD_ORDER, "工单号": f"RO{n}", "VIN": "SA123456", "代码": GOOD_ORDER["VIN"]} for n in range(6)]
    columns = columns_of(opened(tmp_path, csv_bytes(table("repair_orders", rows, headers))), "repair_orders")
    assert "“代码”" in columns.warnings[0].reason


def test_handover_dates_filled_from_the_invoice_are_doubted(tmp_path: Path) -> None:
    rows = [
        {**GOOD_DELIVERY, "销售订单编号": f"XS{n}", "开票日期": f"2025-06-{n:02d}", "交车日期": f"2025-06-{n:02d}"}
        for n in range(1, 25)
    ]
    columns = columns_of(opened(tmp_path, csv_bytes(table("deliveries", rows))), "deliveries")
    assert [warning.column for warning in columns.warnings] == ["交车日期"]
    rows[3]["交车日期"] = "2025-06-30"
    assert columns_of(opened(tmp_path, csv_bytes(table("deliveries", rows))), "deliveries").warnings == ()


def test_files_without_a_leaving_date_or_a_kind_are_told_what_that_means(tmp_path: Path) -> None:
    headers = [header for header in ORDER_HEADERS if header not in ("交车日期", "维修类型", "工单类型", "手机", "电话")]
    columns = columns_of(opened(tmp_path, csv_bytes(table("repair_orders", [GOOD_ORDER], headers))), "repair_orders")
    assert len(columns.warnings) == 3
    assert "结算时间" in columns.warnings[0].reason


@pytest.mark.parametrize("left", [["交车日期", "出厂时间"], ["出厂时间", "交车日期"]])
def test_of_two_columns_for_one_thing_the_better_known_counts_and_the_other_is_told(
    tmp_path: Path, left: list[str]
) -> None:
    headers = ["工单号", "工单开单日期", "VIN", "车主", "手机", "维修类型", *left]
    rows = [{**GOOD_ORDER, "交车日期": "", "出厂时间": "2025-06-09 10:00"}]
    source = opened(tmp_path, csv_bytes(table("repair_orders", rows, headers)))
    columns = columns_of(source, "repair_orders")
    assert columns.header_of("closed") == "交车日期"
    [warning] = columns.warnings
    assert (warning.line, warning.column) == (1, "出厂时间")
    assert "交车日期" in warning.reason
    [document] = documents(source, "repair_orders")
    assert isinstance(document.record, RepairOrderRow)
    assert document.record.closed is None
    chosen = detect_columns(source, "repair_orders", {"closed": "出厂时间"})
    assert chosen.header_of("closed") == "出厂时间"
    assert chosen.warnings == ()

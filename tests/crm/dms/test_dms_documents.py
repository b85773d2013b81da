"""Rows → documents: parts are added up, repeats settled, cancelled and internal ones marked."""

from decimal import Decimal
from pathlib import Path

import pytest
from dms_cases import (
    GOOD_DELIVERY,
    GOOD_ORDER,
    ORDER_HEADERS,
    columns_of,
    csv_bytes,
    documents,
    opened,
    read,
    read_one,
    table,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.dms import reading
from crm.dms.files import open_source
from crm.dms.records import DeliveryRow, Document, RepairOrderRow


def order(document: Document) -> RepairOrderRow:
    assert isinstance(document.record, RepairOrderRow), document.faults
    return document.record


def delivery(document: Document) -> DeliveryRow:
    assert isinstance(document.record, DeliveryRow), document.faults
    return document.record


def orders(folder: Path, *rows: dict[str, str]) -> list[Document]:
    return read(folder, "repair_orders", [{**GOOD_ORDER, **row} for row in rows])


def test_an_order_over_several_items_is_one_order(tmp_path: Path) -> None:
    [document] = orders(
        tmp_path,
        {"维修项目名称": "更换机油", "维修金额": "300", "维修类型": "保养", "故障描述": "到期保养"},
        {"维修项目名称": "前杠喷漆", "维修金额": "500.5", "维修类型": "事故", "保险公司": "平安", "维修技师": "周伟"},
        {"维修项目名称": "更换水泵", "维修金额": "", "维修类型": "索赔", "是否索赔": "是", "故障描述": "漏水"},
    )
    record = order(document)
    assert document.lines == (2, 3, 4)
    assert document.warnings == ()
    assert record.kind == "service"
    assert record.amount == Decimal("800.50")
    assert record.work_items == ("更换机油", "前杠喷漆", "更换水泵")
    assert record.claim is True
    assert record.insurer == "平安"
    assert record.technician == "周伟"
    assert record.fault_description == "到期保养\n漏水"


def test_rows_with_nothing_but_a_number_continue_the_one_above(tmp_path: Path) -> None:
    blank = dict.fromkeys(ORDER_HEADERS, "")
    [document] = orders(
        tmp_path,
        {"维修项目名称": "更换机油", "维修金额": "300"},
        {**blank, "工单号": "RO001", "维修项目名称": "更换滤芯", "维修金额": "80"},
    )
    assert order(document).amount == Decimal("380.00")
    assert order(document).vin == GOOD_ORDER["VIN"]
    assert order(document).kind == "repair"


def test_of_the_same_document_twice_the_last_row_wins_with_a_warning(tmp_path: Path) -> None:
    still_there, gone = {"交车日期": ""}, {"交车日期": "2025-06-09 10:00", "进厂行驶里程": "15231"}
    [document] = orders(tmp_path, still_there, gone)
    assert order(document).closed is not None
    assert order(document).mileage == 15231
    assert document.lines == (2, 3)
    assert [(warning.line, warning.column) for warning in document.warnings] == [(2, "进厂行驶里程"), (2, "工单号")]
    # What the last row leaves blank stays as it was said.
    [document] = orders(tmp_path, gone, still_there)
    assert str(order(document).closed) == "2025-06-09 10:00:00"
    assert order(document).mileage == 15230


def test_the_very_same_row_twice_counts_once_and_is_warned_about(tmp_path: Path) -> None:
    part = {"维修项目名称": "更换机油", "维修金额": "300"}
    [document] = orders(tmp_path, part, part)
    assert order(document).amount == Decimal("300.00")
    assert len(document.warnings) == 1
    corrected = {**part, "维修金额": "280"}
    [document] = orders(tmp_path, part, corrected)
    assert order(document).amount == Decimal("280.00")


def test_a_newer_export_under_an_older_one_replaces_all_its_parts(tmp_path: Path) -> None:
    old = [{"交车日期": "2025-06-08 10:30", "维修项目名称": item, "维修金额": "100"} for item in ("甲", "乙", "丙")]
    other = {"工单号": "RO002"}
    new = [{"维修项目名称": item, "维修金额": "90"} for item in ("甲", "丁")]
    second, first = orders(tmp_path, *old, other, *new)
    assert second.number == "RO002"
    assert first.lines == (2, 3, 4, 6, 7)
    assert order(first).work_items == ("甲", "丁")
    assert order(first).amount == Decimal("180.00")
    said = [(warning.line, warning.column) for warning in first.warnings]
    assert said == [(line, column) for line in (2, 3, 4) for column in ("交车日期", "工单号")]


def test_parts_of_one_order_are_found_however_far_apart(tmp_path: Path) -> None:
    rows = [{"工单号": f"RO{n % 3}", "维修项目名称": f"项目{n}", "维修金额": "10"} for n in range(9)]
    found = orders(tmp_path, *rows)
    assert [order(document).amount for document in found] == [Decimal("30.00")] * 3
    assert [document.lines for document in found] == [(2, 5, 8), (3, 6, 9), (4, 7, 10)]


def test_a_fault_in_one_part_is_the_fate_of_the_whole_order(tmp_path: Path) -> None:
    [document] = orders(
        tmp_path,
        {"维修项目名称": "甲"},
        {"维修项目名称": "乙", "VIN": "ls4ase2w4sa123456"},
        {"维修项目名称": "丙", "VIN": "LS4ASE2W5SA123456", "手机": "138****5678"},
    )
    assert document.record is None
    assert {(fault.line, fault.column) for fault in document.faults} == {(4, "VIN"), (4, "手机")}
    reasons = dict(document.reasons())
    assert list(reasons) == [2, 3, 4]
    assert "第 4 行" in reasons[2]
    assert "VIN" in reasons[4]
    assert "手机" in reasons[4]


def test_a_superseded_rows_fault_does_no_harm(tmp_path: Path) -> None:
    [document] = orders(tmp_path, {"VIN": "LS4ASE2W5SA123456"}, {})
    assert order(document).vin == GOOD_ORDER["VIN"]
    [document] = orders(tmp_path, {}, {"VIN": "LS4ASE2W5SA123456"})
    assert document.record is None
    assert document.lines == (2, 3)


def test_all_faults_of_a_row_are_listed(tmp_path: Path) -> None:
    document = read_one(
        tmp_path,
        "repair_orders",
        VIN="LS4ASE2W5SA123456",
        手机="1.38E+10",
        工单开单日期="2025-02-30",
        交车日期="昨天",
        进厂行驶里程="很多",
        送修人手机="12345",
        下次保养日期="2025-13-01",
    )
    assert sorted(fault.column for fault in document.faults) == sorted(
        ["VIN", "手机", "工单开单日期", "交车日期", "进厂行驶里程", "送修人手机", "下次保养日期"]
    )
    assert {fault.line for fault in document.faults} == {2}


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        ("deliveries", "销售订单编号"),
        ("deliveries", "客户名称"),
        ("deliveries", "VIN"),
        ("repair_orders", "工单号"),
        ("repair_orders", "工单开单日期"),
        ("repair_orders", "VIN"),
    ],
)
def test_what_must_be_there_in_every_row(tmp_path: Path, kind: str, header: str) -> None:
    document = read_one(tmp_path, "deliveries" if kind == "deliveries" else "repair_orders", **{header: ""})
    assert [fault.column for fault in document.faults] == [header]


def test_an_empty_leaving_date_means_still_in_the_shop(tmp_path: Path) -> None:
    record = order(read_one(tmp_path, "repair_orders", 交车日期="", 结算时间="2025-06-08 12:00"))
    assert record.closed is None
    assert record.settled is not None


def test_settlement_stands_in_only_without_any_leaving_column(tmp_path: Path) -> None:
    headers = [header for header in ORDER_HEADERS if header != "交车日期"]
    record = order(read_one(tmp_path, "repair_orders", headers, 结算时间="2025-06-08 12:00"))
    assert str(record.closed) == "2025-06-08 12:00:00"
    faulty = read_one(tmp_path, "repair_orders", headers, 结算时间="昨天")
    assert [fault.column for fault in faulty.faults] == ["结算时间"]
    spoilt = read_one(tmp_path, "repair_orders", 结算时间="昨天")
    assert [warning.column for warning in spoilt.warnings] == ["结算时间"]
    assert order(spoilt).settled is None


def test_without_a_leaving_column_the_car_left_with_the_first_settlement(tmp_path: Path) -> None:
    headers = [header for header in ORDER_HEADERS if header != "交车日期"]
    rows = [
        {**GOOD_ORDER, "维修项目名称": "保养", "结算时间": "2025-06-08 12:00"},
        {**GOOD_ORDER, "维修项目名称": "喷漆", "结算时间": "2025-07-20", "保险公司": "平安"},
    ]
    [document] = read(tmp_path, "repair_orders", rows, headers)
    assert str(order(document).closed) == "2025-06-08 12:00:00"
    assert order(document).closed_has_time


def test_leaving_before_coming_is_a_fault_but_not_by_the_missing_time(tmp_path: Path) -> None:
    record = order(read_one(tmp_path, "repair_orders", 交车日期="2025-06-08"))
    assert record.closed == record.opened
    assert not record.closed_has_time
    for before in ("2025-06-07", "2025-06-08 08:00"):
        faulty = read_one(tmp_path, "repair_orders", 交车日期=before)
        assert [fault.column for fault in faulty.faults] == ["交车日期"]


def test_a_delivery_not_yet_handed_over(tmp_path: Path) -> None:
    record = delivery(read_one(tmp_path, "deliveries", 交车日期="", 开票日期="2025-06-30", 出库日期="1900-01-00"))
    assert record.delivered is None
    assert str(record.invoiced) == "2025-06-30"
    assert record.left_stock is None


def test_later_than_today_is_a_warning(tmp_path: Path) -> None:
    document = read_one(tmp_path, "deliveries", 交车日期="2026-01-01")
    assert [warning.column for warning in document.warnings] == ["交车日期"]
    assert delivery(document).delivered is not None


def test_cancelled_documents_need_only_their_number(tmp_path: Path) -> None:
    document = read_one(tmp_path, "repair_orders", 工单状态="作废", VIN="", 工单开单日期="", 车主="", 手机="x")
    assert order(document).cancelled
    assert document.faults == ()
    returned = read_one(tmp_path, "deliveries", 单据状态="退车", 客户名称="")
    assert delivery(returned).cancelled
    nameless = read_one(tmp_path, "repair_orders", 工单状态="作废", 工单号="")
    assert [fault.column for fault in nameless.faults] == ["工单号"]


def test_a_red_entry_takes_its_order_back_and_a_new_one_sets_it_again(tmp_path: Path) -> None:
    [document] = orders(tmp_path, {"维修金额": "300"}, {"维修金额": "-300"})
    assert order(document).cancelled
    assert any("红冲" in warning.reason for warning in document.warnings)
    [document] = orders(tmp_path, {"维修金额": "300"}, {"维修金额": "-300"}, {"维修金额": "280"})
    assert not order(document).cancelled
    [discount] = orders(
        tmp_path, {"维修项目名称": "保养", "维修金额": "300"}, {"维修项目名称": "优惠", "维修金额": "-50"}
    )
    assert not order(discount).cancelled
    assert order(discount).amount == Decimal("250.00")


def test_a_negative_invoice_takes_its_sale_back(tmp_path: Path) -> None:
    document = read_one(tmp_path, "deliveries", 开票价格="-128900")
    assert delivery(document).cancelled
    assert [warning.column for warning in document.warnings] == ["开票价格"]


def test_an_unreadable_insurance_date_costs_nobody_their_call(tmp_path: Path) -> None:
    document = read_one(tmp_path, "deliveries", 保险到期日="明年六月")
    assert delivery(document).insurance_expiry is None
    assert [warning.column for warning in document.warnings] == ["保险到期日"]


def test_the_shops_own_cars_need_no_customer(tmp_path: Path) -> None:
    internal = order(read_one(tmp_path, "repair_orders", 维修类型="PDI", 车主="", 手机=""))
    assert internal.internal
    own = order(read_one(tmp_path, "repair_orders", 经销商="成都远亭汽车公司", 车主="成都远亭汽车公司"))
    assert own.internal
    assert not order(read_one(tmp_path, "repair_orders", 经销商="成都远亭汽车公司")).internal


def test_a_comma_without_quotes_is_told_as_what_it_is(tmp_path: Path) -> None:
    headers = ["工单号", "工单开单日期", "交车日期", "VIN", "车主"]
    rows = [{**GOOD_ORDER, "车主": "李文静"}]
    [document] = read(tmp_path, "repair_orders", rows, headers)
    assert document.record is not None
    path = tmp_path / "导出.csv"
    path.write_text(path.read_text("utf-8-sig").replace("李文静", "李文静,多出来的"), "utf-8-sig")
    [document] = documents(open_source(path), "repair_orders")
    assert "6 列" in document.faults[0].reason


def test_numbers_that_a_spreadsheet_rounded_identify_nothing(tmp_path: Path) -> None:
    document = read_one(tmp_path, "repair_orders", 工单号="1.20250608E+17")
    assert [fault.column for fault in document.faults] == ["工单号"]


def test_a_cell_that_begins_with_an_equals_sign_is_text_with_a_warning(tmp_path: Path) -> None:
    document = read_one(tmp_path, "repair_orders", 故障描述='=HYPERLINK("http://x","点我")', 品牌="=1+1")
    assert order(document).fault_description.startswith("=HYPERLINK")
    assert [warning.column for warning in document.warnings] == ["品牌", "故障描述"]


def test_an_address_is_put_together_without_saying_anything_twice(tmp_path: Path) -> None:
    parts = {"省份": "浙江省", "城市": "杭州市", "区县": "西湖区"}
    assert (
        delivery(read_one(tmp_path, "deliveries", **parts, 地址="文三路1号")).address == "浙江省杭州市西湖区文三路1号"
    )
    assert delivery(read_one(tmp_path, "deliveries", **parts, 地址="杭州市西湖区文三路1号")).address == (
        "浙江省杭州市西湖区文三路1号"
    )
    assert delivery(read_one(tmp_path, "deliveries", 省份="北京市", 城市="北京市")).address == "北京市"


@settings(deadline=None, max_examples=60)
@given(numbers=st.lists(st.sampled_from(["A1", "A2", "A3", "A4", ""]), max_size=12))
def test_every_data_row_belongs_to_exactly_one_document(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[str]
) -> None:
    rows = [{**GOOD_DELIVERY, "销售订单编号": number} for number in numbers]
    found = read(tmp_path_factory.mktemp("rows"), "deliveries", rows)
    assert sorted(line for document in found for line in document.lines) == list(range(2, len(numbers) + 2))
    named = [document.number for document in found if document.number]
    assert sorted(named) == sorted(set(numbers) - {""})
    for document in found:
        assert (document.record is None) == bool(document.faults) == (document.number == "")


@pytest.mark.parametrize("at_once", [1, 2, 250_000])
def test_numbers_that_come_back_are_found_in_parts_as_in_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    numbers = ["RO1", "RO2", "RO1", "RO3", "RO4", "RO4", "RO3", "RO5"]
    rows = [{**GOOD_ORDER, "工单号": number} for number in numbers]
    source = opened(tmp_path, csv_bytes(table("repair_orders", rows)))
    monkeypatch.setattr(reading, "_SORTED_AT_ONCE", at_once)
    found = reading.scattered_numbers(source, columns_of(source, "repair_orders"))
    assert found == {reading._mark("RO1"), reading._mark("RO3")}

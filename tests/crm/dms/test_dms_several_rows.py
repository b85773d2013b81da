"""One document over several rows, of which later ones repeat only part of the head; and what contradicts itself."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from dms_cases import GOOD_DELIVERY, GOOD_ORDER, HEADERS, documents, opened, read, table, xlsx_bytes
from hypothesis import given, settings
from hypothesis import strategies as st
from import_support import STORE_TABLES, bring, look, snapshot, write_csv

from crm.dms.fields import Kind
from crm.dms.files import open_source
from crm.dms.records import DeliveryRow, Document, RepairOrderRow
from crm.vehicles.models import RepairOrder
from tenants.models import Tenant

OTHER_VIN = "LS4ASE2W6SA123457"
FIRST = {**GOOD_ORDER, "维修项目名称": "更换机油", "维修金额": "300", "竣工时间": "2025-06-08 11:00"}
MORE = {"工单号": "RO001", "维修项目名称": "更换滤芯", "维修金额": "80"}


def one(folder: Path, *rows: dict[str, str], kind: Kind = "repair_orders") -> Document:
    [document] = read(folder, kind, rows)
    return document


def order(document: Document) -> RepairOrderRow:
    assert isinstance(document.record, RepairOrderRow), document.faults
    return document.record


def delivery(document: Document) -> DeliveryRow:
    assert isinstance(document.record, DeliveryRow), document.faults
    return document.record


def said(document: Document) -> list[tuple[int, str]]:
    return [(warning.line, warning.column) for warning in document.warnings]


@pytest.mark.parametrize(
    "repeated",
    [
        {},
        {"VIN": GOOD_ORDER["VIN"].lower()},
        {"VIN": GOOD_ORDER["VIN"], "车主": "李文静"},
        {"VIN": GOOD_ORDER["VIN"], "工单开单日期": "2025/6/8 9:20"},
        {"工单开单日期": "2025-06-08", "交车日期": "2025-06-08"},
        {"手机": "139-1234-5678", "进厂行驶里程": "15,230"},
        {"交车日期": "1900-01-00", "进厂行驶里程": "0", "手机": "无"},
    ],
)
@pytest.mark.parametrize("order_of_rows", [(0, 1), (1, 0)], ids=["head first", "head last"])
def test_what_a_row_leaves_blank_is_what_the_others_say(
    tmp_path: Path, repeated: dict[str, str], order_of_rows: tuple[int, int]
) -> None:
    rows = [FIRST, {**MORE, **repeated}]
    document = one(tmp_path, *(rows[place] for place in order_of_rows))
    record = order(document)
    assert record.amount == Decimal("380.00")
    assert set(record.work_items) == {"更换机油", "更换滤芯"}
    assert (record.advisor, record.mobile, record.customer_name) == ("陈志强", "13912345678", "李文静")
    assert (str(record.opened), str(record.closed)) == ("2025-06-08 09:20:00", "2025-06-08 11:20:00")
    assert record.closed_has_time
    assert (record.mileage, str(record.finished)) == (15230, "2025-06-08 11:00:00")
    assert document.lines == (2, 3)
    assert document.warnings == ()


def test_three_rows_of_which_each_knows_something(tmp_path: Path) -> None:
    rows = [
        {**MORE, "VIN": GOOD_ORDER["VIN"], "车主": "李文静"},
        {**MORE, "维修项目名称": "甲", "工单开单日期": "2025-06-08 09:20", "服务顾问": "陈志强"},
        {**MORE, "维修项目名称": "乙", "手机": "13912345678", "交车日期": "2025-06-08 11:20"},
    ]
    record = order(one(tmp_path, *rows))
    assert (record.customer_name, record.advisor, record.mobile) == ("李文静", "陈志强", "13912345678")
    assert str(record.closed) == "2025-06-08 11:20:00"
    assert record.amount == Decimal("240.00")


def test_rows_of_an_order_that_are_not_neighbours_share_their_head_too(tmp_path: Path) -> None:
    other = {**GOOD_ORDER, "工单号": "RO002"}
    second, first = read(tmp_path, "repair_orders", [FIRST, other, MORE])
    assert second.number == "RO002"
    assert order(first).amount == Decimal("380.00")
    assert order(first).advisor == "陈志强"
    assert first.warnings == ()


def test_the_last_of_contradicting_cells_counts_and_the_others_are_told(tmp_path: Path) -> None:
    document = one(
        tmp_path, FIRST, {**MORE, "服务顾问": "王晓东", "手机": "13912345679", "竣工时间": "2025-06-08 11:10"}
    )
    record = order(document)
    assert (record.advisor, record.mobile, str(record.finished)) == ("王晓东", "13912345679", "2025-06-08 11:10:00")
    assert record.amount == Decimal("380.00")
    assert sorted(said(document)) == sorted([(2, "竣工时间"), (2, "服务顾问"), (2, "手机")])
    told = {warning.column: warning.reason for warning in document.warnings}
    assert "陈志强" in told["服务顾问"]
    assert "王晓东" in told["服务顾问"]
    assert "第 3 行" in told["服务顾问"]


@pytest.mark.parametrize(
    ("column", "value"), [("VIN", OTHER_VIN), ("工单开单日期", "2025-06-07 08:00")], ids=["another car", "another day"]
)
def test_another_visit_under_the_same_number_lends_nothing(tmp_path: Path, column: str, value: str) -> None:
    visit = {"VIN": GOOD_ORDER["VIN"], "工单开单日期": GOOD_ORDER["工单开单日期"], column: value}
    last = {**MORE, **visit, "服务顾问": "王晓东"}
    document = one(tmp_path, FIRST, {**MORE, "维修项目名称": "丙"}, last)
    record = order(document)
    assert record.work_items == ("更换滤芯",)
    assert record.amount == Decimal("80.00")
    assert (record.advisor, record.mobile, record.closed) == ("王晓东", "", None)
    assert (2, column) in said(document)
    # What isn't imported at all is not told cell by cell.
    assert said(document) == [(2, column), (2, "工单号"), (3, "工单号"), (4, "车主")]
    assert all("未导入" in warning.reason for warning in document.warnings if warning.column == "工单号")


def test_each_visit_has_its_own_leaving_day(tmp_path: Path) -> None:
    second = {"VIN": OTHER_VIN, "工单开单日期": "2025-06-10 09:00"}
    left = {**MORE, **second, "维修项目名称": "丙", "交车日期": "2025-06-10 12:00"}
    record = order(one(tmp_path, FIRST, {**MORE, **second}, left))
    assert record.work_items == ("更换滤芯", "丙")
    assert str(record.closed) == "2025-06-10 12:00:00"


def test_a_day_without_its_time_goes_on_with_the_visit_above(tmp_path: Path) -> None:
    last = {**FIRST, "工单开单日期": "2025-06-08 14:00", "交车日期": "", "维修项目名称": "丙", "维修金额": "10"}
    document = one(tmp_path, FIRST, {**MORE, "工单开单日期": "2025-06-08"}, last)
    assert order(document).work_items == ("丙",)
    assert {(2, "工单号"), (3, "工单号")} <= set(said(document))


def test_nobodys_number_is_lent_to_another_name(tmp_path: Path) -> None:
    document = one(
        tmp_path, {**FIRST, "送修人": "王磊", "送修人手机": "13600001234"}, {**MORE, "车主": "张伟", "送修人": "赵敏"}
    )
    record = order(document)
    assert (record.customer_name, record.mobile) == ("张伟", "")
    assert (record.sender_name, record.sender_mobile) == ("赵敏", "")
    assert record.advisor == "陈志强"
    assert sorted(said(document)) == sorted([(2, "车主"), (2, "手机"), (2, "送修人"), (2, "送修人手机")])
    back = one(
        tmp_path,
        FIRST,
        {**MORE, "车主": "张伟"},
        {**MORE, "维修项目名称": "丙", "车主": "李文静", "手机": "13712345678"},
    )
    assert (order(back).customer_name, order(back).mobile) == ("李文静", "13712345678")


def test_a_row_out_of_step_lends_nothing(tmp_path: Path) -> None:
    # An earlier state whose VIN stands below 品牌: lent, it would be the brand of a sound order.
    later = {**GOOD_ORDER, "服务顾问": "王晓东", "交车日期": "2025-06-09 10:00"}
    read(tmp_path, "repair_orders", [{**FIRST, "备注1": "请先洗车"}, later])
    path = tmp_path / "导出.csv"
    path.write_text(path.read_text("utf-8-sig").replace("陈志强", "陈,志强"), "utf-8-sig")
    [document] = documents(open_source(path), "repair_orders")
    assert document.record is None
    assert any(fault.line == 2 and "错位" in fault.reason for fault in document.faults)
    assert not any("不一致" in warning.reason for warning in document.warnings)


def test_an_earlier_state_gives_way_but_fills_the_blanks(tmp_path: Path) -> None:
    later = {**MORE, "VIN": GOOD_ORDER["VIN"], "工单开单日期": "2025-06-08", "交车日期": "2025-06-09 10:00"}
    document = one(tmp_path, FIRST, {**MORE, "维修项目名称": "丙"}, later)
    record = order(document)
    assert record.work_items == ("更换滤芯",)
    assert str(record.closed) == "2025-06-09 10:00:00"
    assert (record.advisor, record.mobile) == ("陈志强", "13912345678")
    assert said(document) == [(2, "交车日期"), (2, "工单号"), (3, "工单号")]
    assert all("留空" in warning.reason for warning in document.warnings if warning.column == "工单号")


@pytest.mark.parametrize("repeated", [{}, {"VIN": GOOD_ORDER["VIN"]}, {"工单开单日期": "2025-06-08 09:20"}])
def test_two_lines_of_the_same_item_are_two_where_the_second_only_goes_on(
    tmp_path: Path, repeated: dict[str, str]
) -> None:
    tyre = {"维修项目名称": "更换轮胎", "维修金额": "500"}
    document = one(tmp_path, {**FIRST, **tyre}, {**MORE, **tyre, **repeated})
    assert order(document).amount == Decimal("1000.00")
    assert document.warnings == ()


def test_an_order_pasted_twice_with_all_its_rows_counts_once(tmp_path: Path) -> None:
    rows = [FIRST, MORE, {**MORE, "维修项目名称": "丙"}]
    document = one(tmp_path, *rows, *rows)
    assert order(document).amount == Decimal("460.00")
    assert said(document) == [(2, "工单号"), (3, "工单号"), (4, "工单号")]
    assert ["第 5 行" in document.warnings[0].reason, "第 7 行" in document.warnings[2].reason] == [True, True]


def test_a_part_that_names_no_kind_is_of_the_kind_above(tmp_path: Path) -> None:
    assert order(one(tmp_path, {**FIRST, "维修类型": "PDI"}, MORE)).internal
    assert order(one(tmp_path, {**FIRST, "工单类型": "红冲"}, MORE)).cancelled
    assert not order(one(tmp_path, {**FIRST, "维修类型": "PDI"}, {**MORE, "维修类型": "一般维修"})).internal


def test_a_fault_in_the_head_is_told_where_it_stands_and_once(tmp_path: Path) -> None:
    document = one(tmp_path, {**FIRST, "手机": "1391234567"}, MORE, {**MORE, "维修项目名称": "丙"})
    assert [(fault.line, fault.column) for fault in document.faults] == [(2, "手机")]
    assert [line for line, _reason in document.reasons()] == [2, 3, 4]
    later = one(tmp_path, {**FIRST, "交车日期": "2026-06-08"}, MORE)
    assert said(later) == [(2, "交车日期")]
    both = one(tmp_path, {**FIRST, "VIN": "LS4"}, {**MORE, "VIN": "LS4"})
    assert [(fault.line, fault.column) for fault in both.faults] == [(2, "VIN"), (3, "VIN")]


def test_a_sale_over_two_rows_is_one_sale(tmp_path: Path) -> None:
    second = {"销售订单编号": "XS001", "VIN": GOOD_DELIVERY["VIN"], "付款方式": "按揭"}
    document = one(tmp_path, GOOD_DELIVERY, second, kind="deliveries")
    record = delivery(document)
    assert (str(record.delivered), record.consultant, record.payment) == ("2025-06-08", "王晓东", "按揭")
    assert document.warnings == ()
    moved = one(tmp_path, GOOD_DELIVERY, {**GOOD_DELIVERY, "交车日期": "2025-06-09"}, kind="deliveries")
    assert str(delivery(moved).delivered) == "2025-06-09"
    assert said(moved) == [(2, "交车日期"), (2, "销售订单编号")]
    other = one(tmp_path, GOOD_DELIVERY, {**GOOD_DELIVERY, "VIN": OTHER_VIN, "联系人手机": ""}, kind="deliveries")
    assert (delivery(other).vin, delivery(other).mobile) == (OTHER_VIN, "")
    assert (2, "VIN") in said(other)


def test_typed_cells_of_a_workbook_agree_with_written_ones(tmp_path: Path) -> None:
    first, second = table("repair_orders", [FIRST, MORE])[1:]
    mileage = HEADERS["repair_orders"].index("进厂行驶里程")
    typed: list[Any] = [*second]
    typed[mileage] = 15230.0
    source = opened(tmp_path, xlsx_bytes([HEADERS["repair_orders"], first, typed]), "工单.xlsx")
    [document] = documents(source, "repair_orders")
    assert order(document).amount == Decimal("380.00")
    assert document.warnings == ()


LENDABLE = sorted(set(GOOD_ORDER) - {"工单号"})


@settings(deadline=None, max_examples=60)
@given(blanks=st.lists(st.sets(st.sampled_from(LENDABLE)), min_size=2, max_size=4))
def test_no_cell_is_lost_whichever_rows_leave_it_blank(
    tmp_path_factory: pytest.TempPathFactory, blanks: list[set[str]]
) -> None:
    kept = {header for blank in blanks for header in set(LENDABLE) - blank}
    rows = [
        {**GOOD_ORDER, **dict.fromkeys(blank, ""), "维修项目名称": f"项目{place}", "维修金额": "10"}
        for place, blank in enumerate(blanks)
    ]
    document = one(tmp_path_factory.mktemp("blank"), *rows)
    if not {"VIN", "工单开单日期"} <= kept:
        assert document.record is None
        return
    record = order(document)
    assert record.amount == Decimal(10 * len(blanks))
    assert bool(record.advisor) == ("服务顾问" in kept)
    assert bool(record.mobile) == ("手机" in kept)
    assert bool(record.closed) == ("交车日期" in kept)
    assert bool(record.mileage) == ("进厂行驶里程" in kept)
    assert {warning.column for warning in document.warnings} <= {"车主"}


def test_imported_twice_nothing_changes_and_the_dry_run_said_so(tmp_path: Path, in_chengdu: Tenant) -> None:
    other = {**GOOD_ORDER, "工单号": "RO002", "VIN": OTHER_VIN, "车主": "张伟", "手机": "13712345678"}
    rows = [FIRST, MORE, other, {**MORE, "维修项目名称": "丙", "服务顾问": "王晓东"}, {**other, "VIN": "LS4"}]
    path = write_csv(tmp_path / "工单.csv", "repair_orders", rows)
    expected = look(path, "repair_orders")
    done = bring(path, "repair_orders")
    assert (done.counts, done.staged.faulty, done.warnings) == (
        expected.counts,
        expected.staged.faulty,
        expected.warnings,
    )
    assert (done.counts.new, done.staged.faulty, done.staged.rows) == (3, 2, 5)
    stored = RepairOrder.objects.get()
    assert (stored.amount, stored.work_items) == (Decimal("460.00"), ["更换机油", "更换滤芯", "丙"])
    before = snapshot(*STORE_TABLES)
    again = bring(path, "repair_orders")
    assert (again.counts.same, again.counts.new, again.counts.changed) == (3, 0, 0)
    assert snapshot(*STORE_TABLES) == before

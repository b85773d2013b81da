"""What docs/dirt.md says of each kind of dirt that no other file holds to; and that every test it names is there."""

import re
from pathlib import Path

import pytest
from dms_cases import FACTS, GOOD_DELIVERY, GOOD_ORDER, csv_bytes, opened, read_one, xlsx_bytes
from followups_support import owner_of
from import_support import bring, write_csv

from crm.customers.models import Customer
from crm.dms.columns import detect_columns
from crm.dms.reading import read_documents
from crm.vehicles.models import Ownership, RepairOrder, Vehicle

ROOT = Path(__file__).resolve().parents[3]
KINDS_OF_DIRT = 21


def test_each_kind_of_dirt_has_its_row_and_each_test_it_names_is_there() -> None:
    table = (ROOT / "docs" / "dirt.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \|(.*)$", table, re.MULTILINE)
    assert {int(number) for number, _rest in rows} == set(range(1, KINDS_OF_DIRT + 1))
    there = {
        name
        for path in (ROOT / "tests" / "crm" / "dms").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for number, rest in rows:
        named = set(re.findall(r"`(test_\w+)`", rest))
        assert named, number
        assert named <= there, named - there


@pytest.mark.parametrize("number", ["5.10104E+17", "510104199001011000"])
def test_an_identity_number_that_a_spreadsheet_rounded_identifies_nobody(tmp_path: Path, number: str) -> None:
    document = read_one(tmp_path, "repair_orders", 车主编号=number)
    assert document.record is not None
    assert document.record.customer_number == ""
    assert [warning.column for warning in document.warnings] == ["车主编号"]


def test_nor_does_one_that_a_workbook_typed_as_a_number(tmp_path: Path) -> None:
    row = {**GOOD_ORDER, "车主编号": 510104199001011234.0}
    source = opened(tmp_path, xlsx_bytes([list(row), list(row.values())]), "工单.xlsx")
    [document] = read_documents(source, detect_columns(source, "repair_orders"), FACTS)
    assert document.record is not None
    assert document.record.customer_number == ""


@pytest.mark.parametrize("number", ["KH000123", "510104199001011234", "1000", "20250608000"])
def test_numbers_that_are_whole_identify(tmp_path: Path, number: str) -> None:
    document = read_one(tmp_path, "repair_orders", 车主编号=number)
    assert document.record is not None
    assert (document.record.customer_number, document.warnings) == (number, ())


def test_identity_numbers_themselves_are_not_kept(tmp_path: Path, in_chengdu: None) -> None:
    row = {**GOOD_DELIVERY, "证件类型": "身份证", "证件号码": "510104199001011234"}
    bring(write_csv(tmp_path / "x.csv", "deliveries", [row]), "deliveries")
    for model in (Customer, Vehicle):
        assert "510104199001011234" not in str(list(model.objects.values()))
    assert "510104199001011234" not in str(list(Vehicle.objects.get().deliveries.values()))


def test_falling_mileage_is_taken_as_it_is(tmp_path: Path, in_chengdu: None) -> None:
    later = {**GOOD_ORDER, "工单号": "RO9", "工单开单日期": "2025-09-08 09:00", "交车日期": "2025-09-08 10:00"}
    rows = [{**GOOD_ORDER, "进厂行驶里程": "30000"}, {**later, "进厂行驶里程": "12000"}]
    result = bring(write_csv(tmp_path / "x.csv", "repair_orders", rows), "repair_orders")
    assert (result.counts.new, result.staged.faulty) == (2, 0)
    assert list(RepairOrder.objects.order_by("opened_at").values_list("mileage", flat=True)) == [30000, 12000]


def test_who_brings_a_car_is_not_its_owner(tmp_path: Path, in_chengdu: None) -> None:
    later = {**GOOD_ORDER, "工单号": "RO9", "工单开单日期": "2025-09-08 09:00", "交车日期": "2025-09-08 10:00"}
    rows = [GOOD_ORDER, {**later, "送修人": "周建军", "送修人手机": "15433334444"}]
    bring(write_csv(tmp_path / "x.csv", "repair_orders", rows), "repair_orders")
    assert owner_of(Vehicle.objects.get()).name == GOOD_ORDER["车主"]
    assert Customer.objects.count() == Ownership.objects.count() == 1


def test_a_list_that_names_somebody_else_changes_no_owner(tmp_path: Path, in_chengdu: None) -> None:
    bring(write_csv(tmp_path / "x.csv", "repair_orders", [GOOD_ORDER]), "repair_orders")
    row = {"VIN": GOOD_ORDER["VIN"], "车主": "周建军", "手机": "15433334444", "流失天数": "200"}
    (tmp_path / "y.csv").write_bytes(csv_bytes([list(row), list(row.values())]))
    bring(tmp_path / "y.csv", "lost_list")
    assert owner_of(Vehicle.objects.get()).name == GOOD_ORDER["车主"]


def test_a_resettled_order_is_the_same_order(tmp_path: Path, in_chengdu: None) -> None:
    first = {**GOOD_ORDER, "结算单号": "JS1", "结算时间": "2025-06-08 11:00", "工单状态": "已结算"}
    again = {**first, "结算单号": "JS2", "结算时间": "2025-06-20 09:00", "工单状态": "反结算"}
    bring(write_csv(tmp_path / "x.csv", "repair_orders", [first]), "repair_orders")
    left = RepairOrder.objects.get().closed_at
    result = bring(write_csv(tmp_path / "x.csv", "repair_orders", [again]), "repair_orders")
    assert result.counts.changed == 1
    order = RepairOrder.objects.get()
    assert (order.cancelled, order.closed_at, order.details["settlement_number"]) == (False, left, "JS2")

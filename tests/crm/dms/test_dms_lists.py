"""Lost leads, lost lists and canvassing sheets as files: who is meant, what is known again, what is refused."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from dms_cases import csv_bytes, opened, table
from followups_support import car, customer, owner_of
from import_support import bring, look, write_csv

from crm.customers.models import Customer, TrackingItem
from crm.dms import writing
from crm.dms.columns import detect_columns
from crm.dms.errors import FileRefused
from crm.dms.fields import LISTS, Kind
from crm.dms.template import template_workbook
from crm.leads.models import Lead
from crm.vehicles.models import Vehicle
from sanfang.tenancy.models import Staff

pytestmark = pytest.mark.usefixtures("in_chengdu")

LOST = {
    "客户姓名": "陈雅琴",
    "手机": "15411112222",
    "战败日期": "2026.3.2",
    "意向车型": "CS75 PLUS",
    "意向级别": "A",
    "销售顾问": "何小兵",
    "战败原因": "价格",
    "购买竞品": "哈弗 H6",
}
GONE = {"VIN": "LS4ASE2W4SA123456", "车牌号": "川A12345", "车主": "周建军", "手机": "15433334444",
        "上次进厂日期": "2025-06-01", "流失天数": "200"}  # fmt: skip
MET = {
    "登记日期": "2026-03-05",
    "姓名": "吴桂兰",
    "电话": "15455556666",
    "车牌号": "川B·54321",
    "扫街地点": "东门停车场",
}
SAMPLES: Mapping[Kind, Mapping[str, str]] = {"lost_leads": LOST, "lost_list": GONE, "canvassing": MET}


def a_file(folder: Path, kind: Kind, *rows: Mapping[str, str], name: str = "名单.csv") -> Path:
    headers: dict[str, None] = {}
    for row in rows:
        headers |= dict.fromkeys(row)
    path = folder / name
    path.write_bytes(csv_bytes(table(kind, rows, list(headers)), "gb18030"))
    return path


def brought(folder: Path, kind: Kind, *rows: Mapping[str, str]) -> Any:
    return bring(a_file(folder, kind, *rows), kind)


def test_a_lost_lead_becomes_a_customer_on_the_list(tmp_path: Path) -> None:
    result = brought(tmp_path, "lost_leads", LOST)
    assert (result.counts.new, result.staged.faulty) == (1, 0)
    row = Lead.objects.select_related("customer", "staff").get()
    assert (row.kind, row.day, row.level, row.reason, row.rival) == (
        "lost_leads",
        date(2026, 3, 2),
        "A",
        "价格",
        "哈弗 H6",
    )
    assert (row.customer.name, row.customer.mobile, row.wanted_model) == ("陈雅琴", "15411112222", "CS75 PLUS")
    assert (row.staff and row.staff.name, row.vehicle) == ("何小兵", None)


def test_the_planner_is_told_of_the_people_and_their_cars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[set[Any], set[Any]]] = []
    monkeypatch.setattr(writing, "replan", lambda cars, *, customer_ids: told.append((set(cars), set(customer_ids))))
    mine = car(vin="LS4ASE2W4SA123456")
    brought(tmp_path, "lost_list", {"VIN": mine.vin, "流失天数": "200", "车型": "CS75"})
    brought(tmp_path, "lost_leads", LOST)
    who = Customer.objects.get(mobile="15411112222")
    assert told == [({mine.pk}, {owner_of(mine).pk}), (set(), {who.pk})]


def test_a_lost_lead_who_has_a_file_here_stays_one_customer(tmp_path: Path) -> None:
    known = customer("陈雅琴", mobile="15411112222")
    brought(tmp_path, "lost_leads", LOST)
    assert Lead.objects.get().customer_id == known.pk
    assert not Vehicle.objects.filter(model="CS75 PLUS").exists()


@pytest.mark.parametrize("kind", LISTS)
def test_the_same_file_again_changes_nothing(tmp_path: Path, kind: Kind) -> None:
    path = a_file(tmp_path, kind, SAMPLES[kind], {**SAMPLES[kind], "手机": "15477778888", "电话": "15477778888"})
    first, again = bring(path, kind), bring(path, kind)
    assert (first.counts.new, first.counts.same) == (2, 0)
    assert (again.counts.new, again.counts.changed, again.counts.same) == (0, 0, 2)
    assert Lead.objects.count() == 2


def test_a_row_twice_in_one_file_is_one_and_the_last_holds(tmp_path: Path) -> None:
    result = brought(tmp_path, "lost_leads", LOST, {**LOST, "战败原因": "配置"})
    assert (result.staged.rows, result.counts.new) == (2, 2)
    assert Lead.objects.get().reason == "配置"


def test_a_number_of_the_file_tells_the_row_though_its_words_change(tmp_path: Path) -> None:
    brought(tmp_path, "lost_leads", {**LOST, "战败编号": "ZB1"})
    result = brought(tmp_path, "lost_leads", {**LOST, "战败编号": "ZB1", "战败日期": "2026-03-09", "战败原因": ""})
    assert result.counts.changed == 1
    row = Lead.objects.get()
    assert (row.day, row.reason) == (date(2026, 3, 9), "价格")


def test_what_is_taken_back_asks_for_nothing_any_more(tmp_path: Path) -> None:
    brought(tmp_path, "lost_leads", {**LOST, "战败编号": "ZB1", "状态": "已审核"})
    result = brought(tmp_path, "lost_leads", {**LOST, "战败编号": "ZB1", "状态": "已作废"})
    assert (result.counts.changed, Lead.objects.get().cancelled) == (1, True)


def test_a_lost_customer_is_found_by_the_car(tmp_path: Path) -> None:
    mine = car(vin="LS4ASE2W4SA123456", plate="川A12345")
    by_vin = {"VIN": mine.vin, "流失天数": "200"}
    by_plate = {"车牌号": "川A12345", "流失天数": "300"}
    result = brought(tmp_path, "lost_list", {**by_vin, **by_plate, "车牌号": ""}, {**by_plate, "VIN": ""})
    assert result.counts.new == 2
    assert set(Lead.objects.values_list("customer_id", "vehicle_id")) == {(owner_of(mine).pk, mine.pk)}


def test_a_plate_that_two_cars_have_names_neither(tmp_path: Path) -> None:
    car(plate="川A12345")
    car(plate="川A12345")
    result = brought(tmp_path, "lost_list", {"车牌号": "川A12345", "流失天数": "200", "车型": "CS75"})
    assert (result.counts.new, Lead.objects.count()) == (0, 0)
    assert ["无人可访" in warning.reason for warning in result.warnings if warning.line == 2] == [True]


def test_a_car_that_nobody_is_known_to_own_is_told_not_kept(tmp_path: Path) -> None:
    result = brought(tmp_path, "lost_list", {"VIN": "LS4ASE2W4SA123456", "流失天数": "200", "车型": "CS75"})
    assert (result.counts.same, Lead.objects.count()) == (1, 0)
    assert any("无人可访" in warning.reason for warning in result.warnings)


def test_a_list_without_a_day_counts_from_its_first_import(tmp_path: Path) -> None:
    brought(tmp_path, "lost_list", GONE)
    today = timezone.now().astimezone().date()
    row = Lead.objects.get()
    assert abs(row.day - today) <= timedelta(days=1)
    Lead.objects.update(day=date(2026, 1, 5))
    assert brought(tmp_path, "lost_list", GONE).counts.same == 1
    # Somebody who came meanwhile and was lost again is on the list again.
    assert brought(tmp_path, "lost_list", {**GONE, "上次进厂日期": "2026-02-01"}).counts.new == 1
    assert Lead.objects.count() == 2


def test_the_last_eight_of_a_vin_are_no_fault_where_the_customer_is_named(tmp_path: Path) -> None:
    result = brought(tmp_path, "lost_list", {**GONE, "VIN": "SA123456"})
    assert (result.counts.new, result.staged.faulty) == (1, 0)
    assert Lead.objects.get().vehicle is None
    assert any(warning.column == "VIN" for warning in result.warnings)


@pytest.mark.parametrize(
    ("kind", "cells", "column"),
    [
        ("lost_leads", {"战败日期": ""}, "战败日期"),
        ("lost_leads", {"战败日期": "1900-01-00"}, "战败日期"),
        ("lost_leads", {"手机": ""}, "手机"),
        ("lost_leads", {"手机": "1.54E+10"}, "手机"),
        ("lost_list", {"手机": "", "VIN": "SA123456", "车牌号": ""}, "VIN"),
    ],
)
def test_what_is_refused_is_told_by_cell(tmp_path: Path, kind: Kind, cells: dict[str, str], column: str) -> None:
    result = look(a_file(tmp_path, kind, {**SAMPLES[kind], **cells}), kind)
    # A row that names nobody at all is no row of a list, unless it says something else.
    assert (result.counts.new, result.staged.faulty) == (0, 1)
    assert {fault.column for fault in result.faults} == {column}


def test_titles_totals_blank_rows_and_examples_are_not_rows(tmp_path: Path) -> None:
    path = tmp_path / "扫街.csv"
    lines: Sequence[Sequence[str]] = [
        ["三月扫街登记表"], list(MET), list(MET.values()), [""] * 5, list(MET), ["合计", "1", "", "", ""],
        ["", "打印日期 2026-03-31", "", "", ""],
    ]  # fmt: skip
    path.write_bytes(csv_bytes(lines, "gb18030"))
    assert look(path, "canvassing").staged.rows == 1


def test_a_remark_that_begins_like_a_footer_is_no_footer(tmp_path: Path) -> None:
    row = {**MET, "备注": "打印一份报价给他", "需求": "合计两台车"}
    assert look(a_file(tmp_path, "canvassing", row), "canvassing").counts.new == 1


@pytest.mark.parametrize("kind", LISTS)
def test_the_template_is_understood_and_its_example_not_imported(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "模板.xlsx"
    path.write_bytes(template_workbook(kind))
    source = opened(tmp_path, template_workbook(kind), "模板.xlsx")
    columns = detect_columns(source, kind)
    assert not columns.missing
    assert look(path, kind).staged.rows == 0


@pytest.mark.parametrize("chosen", LISTS)
@pytest.mark.parametrize("really", ["deliveries", "repair_orders"])
def test_a_ledger_taken_for_a_list_is_refused(tmp_path: Path, chosen: Kind, really: Kind) -> None:
    path = write_csv(tmp_path / "x.csv", really, [{}])
    with pytest.raises(FileRefused, match="这像是"):
        look(path, chosen)


def test_a_ledger_without_its_vin_is_not_taken_for_a_list(tmp_path: Path) -> None:
    headers = ["销售订单编号", "客户名称", "联系人手机", "交车日期", "登记日期"]
    path = tmp_path / "x.csv"
    path.write_bytes(csv_bytes([headers, ["1", "陈雅琴", "15411112222", "2026-03-02", ""]]))
    with pytest.raises(FileRefused, match="缺少“VIN”列"):
        look(path, "deliveries")


def test_a_number_found_wrong_does_not_come_back_by_a_list(tmp_path: Path) -> None:
    brought(tmp_path, "lost_leads", LOST)
    who = Customer.objects.get(name="陈雅琴", mobile="15411112222")
    who.mobile = ""
    who.save()
    TrackingItem.objects.create(
        customer=who, wrong_value="15411112222", found_by=Staff.objects.order_by("pk")[0], found_at=timezone.now()
    )
    result = brought(tmp_path, "lost_leads", {**LOST, "战败日期": "2026-04-02"})
    assert (result.counts.new, Customer.objects.get(pk=who.pk).mobile) == (1, "")
    assert Lead.objects.filter(customer=who).count() == 2

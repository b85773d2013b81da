"""Who is who: which customer a row's owner becomes, and what a row may change about them."""

import random
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from dms_cases import GOOD_DELIVERY, GOOD_ORDER, chinese_vin, with_check_digit
from import_support import bring, look, snapshot, write_csv

from crm.customers import actions as customers
from crm.customers.models import Customer, MobileState
from crm.dms.carrying import Result
from crm.dms.fields import Kind
from crm.followups.models import PlanState
from crm.vehicles.models import Delivery, Ownership, RepairOrder, Vehicle
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import Staff
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("in_chengdu")
VIN, OTHER_VIN = GOOD_ORDER["VIN"], with_check_digit("LS4ASE2W0SA000001")
Orders = Callable[..., Result]


@pytest.fixture
def orders(tmp_path: Path) -> Orders:
    """Imports repair orders: each a mapping over a good order."""
    return lambda *rows: _brought(tmp_path, "repair_orders", [{**GOOD_ORDER, **row} for row in rows])


@pytest.fixture
def deliveries(tmp_path: Path) -> Orders:
    return lambda *rows: _brought(tmp_path, "deliveries", [{**GOOD_DELIVERY, **row} for row in rows])


def _brought(folder: Path, kind: Kind, rows: list[Mapping[str, str]]) -> Result:
    path = write_csv(folder / f"{kind}.csv", kind, rows)
    expected = look(path, kind)
    result = bring(path, kind)
    assert result.counts == expected.counts
    assert result.faults == []
    return result


def order(number: str, **more: str) -> dict[str, str]:
    names = {
        "day": "工单开单日期",
        "name": "车主",
        "mobile": "手机",
        "vin": "VIN",
        "customer": "车主编号",
        "left": "交车日期",
    }
    told = {names.get(key, key): value for key, value in more.items()}
    day = told.get("工单开单日期", "2025-06-08 09:20")
    return {"工单号": number, "工单开单日期": day, "交车日期": told.pop("交车日期", day), **told}


def customer_of(number: str) -> Customer:
    found = RepairOrder.objects.select_related("customer").get(number=number).customer
    assert found is not None
    return found


# --- who is who -----------------------------------------------------------------------------
def test_mobile_and_name_make_one_customer(orders: Orders) -> None:
    orders(order("A1"), order("A2", vin=OTHER_VIN))
    orders(order("A3", vin=OTHER_VIN))
    assert Customer.objects.count() == 1


def test_a_name_alone_or_a_number_alone_makes_nobody(orders: Orders) -> None:
    """张伟 is not 张伟; and a second-tier dealer's number stands behind many owners."""
    orders(
        order("A1", name="张伟", mobile="13912345678"),
        order("A2", name="张伟", mobile="13712345678", vin=OTHER_VIN),
        order("A3", name="李静", mobile="13912345678", vin=OTHER_VIN),
    )
    assert Customer.objects.count() == 3
    orders(order("A4", name="王五", mobile="13912345678"), order("A5", name="李静", mobile="13612345678"))
    assert Customer.objects.count() == 5


def test_blanks_and_titles_dont_make_another_person(orders: Orders) -> None:
    orders(order("A1", name="张三丰"), order("A2", name="张 三 丰"), order("A3", name="张三丰先生"))
    assert [one.name for one in Customer.objects.all()] == ["张三丰"]


def test_the_dms_number_counts_only_with_the_name(orders: Orders) -> None:
    orders(order("A1", customer="K1", name="张三", mobile="13911112222"))
    orders(order("A2", customer="K1", name="张三", mobile="13733334444", vin=OTHER_VIN))
    assert customer_of("A1") == customer_of("A2")
    orders(order("A3", customer="K1", name="王五", mobile="13655556666"))
    assert customer_of("A3") != customer_of("A1")


def test_name_and_car_find_the_person_with_a_new_number(orders: Orders) -> None:
    orders(order("A1", day="2025-06-01 09:00", mobile="13911112222"))
    orders(order("A2", day="2025-06-09 09:00", mobile="13733334444"))
    assert customer_of("A1") == customer_of("A2")
    assert customer_of("A1").mobile == "13733334444"


def test_one_person_through_three_numbers_in_one_file(orders: Orders) -> None:
    """The third row joins two that had nothing in common but the name."""
    orders(
        order("A1", customer="K1", mobile="13911112222", vin=VIN),
        order("A2", customer="K2", mobile="13733334444", vin=OTHER_VIN),
        order("A3", customer="K1", mobile="13733334444", vin=OTHER_VIN),
    )
    assert Customer.objects.count() == 1


def test_a_fleet_is_one_customer(orders: Orders) -> None:
    draw = random.Random(5)
    vins = [chinese_vin(draw) for _ in range(30)]
    orders(*(order(f"A{n}", vin=vin, name="成都快达物流有限公司", mobile="13800138001") for n, vin in enumerate(vins)))
    fleet = Customer.objects.get()
    assert fleet.company
    assert Ownership.objects.filter(customer=fleet, until=None).count() == 30


def test_without_a_mobile_the_landline_and_the_name_decide(orders: Orders) -> None:
    orders(order("A1", mobile="", 电话="028-85551234"))
    orders(order("A2", mobile="", 电话="028-85551234", vin=OTHER_VIN))
    assert Customer.objects.count() == 1


def test_an_order_that_names_nobody_is_the_owners(orders: Orders) -> None:
    orders(order("A1", day="2025-06-01 09:00"), order("A2", day="2025-06-05 09:00", name="", mobile=""))
    orders(order("A3", day="2025-06-09 09:00", name="", mobile=""))
    assert customer_of("A1") == customer_of("A2") == customer_of("A3")
    orders(order("A4", vin=OTHER_VIN, name="", mobile=""))
    assert RepairOrder.objects.get(number="A4").customer is None


def test_somebody_who_left_only_a_number_gets_a_name_later(orders: Orders) -> None:
    orders(order("A1", name=""))
    nameless = Customer.objects.get()
    assert nameless.mobile == "13912345678"
    again = orders(order("A1", name=""))
    assert again.counts.same == 1
    orders(order("A1", name="李文静"))
    assert customer_of("A1") == nameless
    assert Customer.objects.get().name == "李文静"


def test_a_name_corrected_in_the_dms_is_the_same_person(orders: Orders) -> None:
    orders(order("A1", name="张珊"))
    result = orders(order("A1", name="张姗"))
    assert result.counts.changed == 1
    assert [one.name for one in Customer.objects.all()] == ["张姗"]
    assert orders(order("A1", name="张姗")).counts.same == 1


# --- what a row may change ---------------------------------------------------------------
def test_empty_never_overwrites_and_older_only_fills(orders: Orders) -> None:
    orders(order("A2", day="2025-06-09 09:00", mobile="13911112222", 车牌号="川A12345"))
    orders(order("A3", day="2025-06-10 09:00", mobile="", 车牌号="", name="李文静"))
    assert customer_of("A2").mobile == "13911112222"
    result = orders(order("A1", day="2025-05-01 09:00", mobile="13733334444", 车牌号="川A99999", 电话="028-85551234"))
    assert result.counts.new == 1
    car = Vehicle.objects.get(vin=VIN)
    assert car.plate == "川A12345"
    assert customer_of("A1").mobile == "13911112222"
    assert customer_of("A1").landline == "028-85551234"


def test_within_one_file_the_latest_document_tells_it_whatever_the_order_of_rows(orders: Orders) -> None:
    orders(
        order("A2", day="2025-06-09 09:00", 车牌号="川A22222"),
        order("A1", day="2025-06-01 09:00", 车牌号="川A11111", 电话="028-85551234"),
    )
    assert Vehicle.objects.get().plate == "川A22222"
    assert Customer.objects.get().landline == "028-85551234"


def test_a_stored_document_that_tells_something_new_of_its_owner_is_changed(orders: Orders) -> None:
    rows = [order("A1"), order("A2", vin=OTHER_VIN, name="王五", mobile="13655556666")]
    orders(*rows)
    before = snapshot("vehicles_repairorder")
    result = orders({**rows[0], "手机": "13733334444"}, rows[1])
    assert (result.counts.changed, result.counts.same) == (1, 1)
    assert Customer.objects.get(name="李文静").mobile == "13733334444"
    after = snapshot("vehicles_repairorder")
    assert after["vehicles_repairorder"][1] == before["vehicles_repairorder"][1]


def test_who_and_what_isnt_concerned_isnt_touched(orders: Orders) -> None:
    orders(order("A1"), order("A2", vin=OTHER_VIN, name="王五", mobile="13655556666"))
    before = snapshot("customers_customer", "vehicles_vehicle", "vehicles_ownership", "staff")
    orders(order("A1", 维修金额="5"), order("A2", vin=OTHER_VIN, name="王五", mobile="13655556666"))
    after = snapshot("customers_customer", "vehicles_vehicle", "vehicles_ownership", "staff")
    assert after["history"] == [(before["history"][0][0] + 1,)]
    assert {**after, "history": before["history"]} == before


# --- numbers found wrong ----------------------------------------------------------------
REPORTED = datetime(2025, 6, 2, 10, tzinfo=UTC)


def _reported(actor: Actor, customer: Customer) -> None:
    customers.report_wrong(actor, customer, field="mobile", note="空号", owner=None, now=REPORTED)


def test_a_number_found_wrong_never_comes_back(orders: Orders, actor: Callable[[str], Actor]) -> None:
    orders(order("A1", day="2025-06-01 09:00"))
    _reported(actor("李娜"), customer_of("A1"))
    result = orders(order("A2", day="2025-06-09 09:00", 车牌号="川A12345", 电话="028-85551234"))
    customer = Customer.objects.get()
    assert customer.landline == "028-85551234"
    assert customer.mobile_state == MobileState.WRONG
    assert Vehicle.objects.get().plate == "川A12345"
    assert [(warning.line, warning.column) for warning in result.warnings] == [(2, "手机")]
    assert "13912345678" in result.warnings[0].reason


def test_nor_under_a_second_file_once_it_was_corrected(orders: Orders, actor: Callable[[str], Actor]) -> None:
    orders(order("A1", day="2025-06-01 09:00"))
    _reported(actor("李娜"), customer_of("A1"))
    item = customer_of("A1").tracking_items.get()
    customers.correct(actor("蒋国华"), item, value="13799998888", now=REPORTED)
    orders(order("A2", day="2025-06-09 09:00", vin=OTHER_VIN))
    assert Customer.objects.get().mobile == "13799998888"


def test_another_number_of_a_customer_with_a_wrong_one_can_be_called(
    orders: Orders, actor: Callable[[str], Actor]
) -> None:
    orders(order("A1", day="2025-06-01 09:00"))
    _reported(actor("李娜"), customer_of("A1"))
    orders(order("A2", day="2025-06-09 09:00", mobile="13799998888"))
    customer = Customer.objects.get()
    assert (customer.mobile, customer.mobile_state) == ("13799998888", MobileState.UNVERIFIED)


# --- who had the car ---------------------------------------------------------------------
def _owners() -> list[tuple[str, date, date | None]]:
    return list(Ownership.objects.order_by("since").values_list("customer__name", "since", "until"))


def test_a_newer_document_ends_the_old_ownership_an_older_one_doesnt(orders: Orders, deliveries: Orders) -> None:
    deliveries({"交车日期": "2025-05-01", "客户名称": "张三", "联系人手机": "13911112222"})
    orders(order("A2", day="2025-06-09 09:00", name="王五", mobile="13655556666"))
    assert _owners() == [("张三", date(2025, 5, 1), date(2025, 6, 9)), ("王五", date(2025, 6, 9), None)]
    orders(order("A1", day="2025-05-20 09:00", name="张三", mobile="13911112222"))
    assert _owners() == [("张三", date(2025, 5, 1), date(2025, 6, 9)), ("王五", date(2025, 6, 9), None)]


def test_what_is_taken_back_leaves_no_owner(orders: Orders, deliveries: Orders) -> None:
    sold = {"交车日期": "2025-05-01", "客户名称": "张三", "联系人手机": "13911112222"}
    deliveries(sold)
    result = deliveries({**sold, "单据状态": "退车"})
    assert result.counts.changed == 1
    assert Delivery.objects.get().cancelled
    assert _owners() == []
    assert deliveries({**sold, "单据状态": "退车"}).counts.same == 1
    assert deliveries({"销售订单编号": "XS777", "单据状态": "作废"}).counts.same == 1
    deliveries(sold)
    assert not Delivery.objects.get().cancelled
    assert [owner[0] for owner in _owners()] == ["张三"]


def test_a_returned_car_sold_twice_has_one_owner_at_a_time(deliveries: Orders) -> None:
    deliveries(
        {"销售订单编号": "X2", "交车日期": "2025-06-01", "客户名称": "王五", "联系人手机": "13655556666"},
        {"销售订单编号": "X1", "交车日期": "2025-05-01", "客户名称": "张三", "联系人手机": "13911112222"},
    )
    assert _owners() == [("张三", date(2025, 5, 1), date(2025, 6, 1)), ("王五", date(2025, 6, 1), None)]


def test_of_two_owners_on_one_day_the_later_document_counts(deliveries: Orders) -> None:
    deliveries(
        {"销售订单编号": "X1", "交车日期": "2025-05-01", "客户名称": "张三", "联系人手机": "13911112222"},
        {"销售订单编号": "X2", "交车日期": "2025-05-01", "客户名称": "王五", "联系人手机": "13655556666"},
    )
    assert _owners() == [("王五", date(2025, 5, 1), None)]


def test_the_stores_own_car_has_no_owner(orders: Orders) -> None:
    orders(order("A1", 维修类型="PDI检查"))
    made = RepairOrder.objects.get()
    assert made.internal
    assert made.customer is None
    assert Customer.objects.count() == 0
    assert _owners() == []
    orders(order("A2"))
    orders(order("A3", 维修类型="PDI检查", name="", mobile=""))
    assert RepairOrder.objects.get(number="A3").customer is None


# --- documents ----------------------------------------------------------------------------
def test_left_later_corrected_later(orders: Orders) -> None:
    orders(order("A1", left=""))
    assert RepairOrder.objects.get().closed_at is None
    result = orders(order("A1", left="2025-06-09 17:00", 维修金额="120.50"))
    made = RepairOrder.objects.get()
    assert result.counts.changed == 1
    assert made.closed_at is not None
    assert orders(order("A1", left="")).counts.same == 1
    assert RepairOrder.objects.get().closed_at == made.closed_at
    orders(order("A1", left="2025-06-10 17:00"))
    corrected = RepairOrder.objects.get().closed_at
    assert corrected is not None
    assert corrected > made.closed_at


def test_what_a_later_export_leaves_out_stays(orders: Orders) -> None:
    orders(order("A1", 维修技师="张三", 进厂行驶里程="5000", 维修项目名称="换机油"))
    before = snapshot()
    assert orders(order("A1", 维修技师="", 进厂行驶里程="", 维修项目名称="")).counts.same == 1
    assert snapshot() == before


def test_what_has_no_column_of_ours_is_kept_and_noticed(orders: Orders) -> None:
    orders(order("A1", 结算单号="JS1", 保险公司="平安"))
    assert RepairOrder.objects.get().details["insurer"] == "平安"
    result = orders(order("A1", 结算单号="JS2", 保险公司=""))
    details = RepairOrder.objects.get().details
    assert result.counts.changed == 1
    assert (details["settlement_number"], details["insurer"]) == ("JS2", "平安")


def test_an_order_over_several_rows_counts_each_with_one_fate(orders: Orders) -> None:
    rows = [order("A1", 维修项目名称=item, 维修金额=amount) for item, amount in (("换机油", "100"), ("换轮胎", "900"))]
    result = orders(*rows)
    made = RepairOrder.objects.get()
    assert (result.staged.rows, result.counts.new) == (2, 2)
    assert (made.work_items, made.amount) == (["换机油", "换轮胎"], Decimal(1000))
    assert orders(*rows).counts.same == 2


def test_advisors_are_found_by_name_or_made_without_an_account(orders: Orders) -> None:
    known = Staff.objects.get(name="邓凯")
    orders(order("A1", 服务顾问="邓凯"), order("A2", 服务顾问="新来的"))
    assert RepairOrder.objects.get(number="A1").advisor == known
    made = Staff.objects.get(name="新来的")
    assert (made.user_id, made.role) == (None, "service_advisor")
    assert RepairOrder.objects.get(number="A2").advisor == made
    result = orders(order("A1", 服务顾问="冯小军"), order("A2", 服务顾问=""))
    assert (result.counts.changed, result.counts.same) == (1, 1)
    assert RepairOrder.objects.get(number="A1").advisor == Staff.objects.get(name="冯小军")
    assert RepairOrder.objects.get(number="A2").advisor == made


def test_too_long_texts_are_cut_and_said_so_a_too_long_number_is_a_fault(orders: Orders, tmp_path: Path) -> None:
    result = orders(order("A1", 备注="长" * 600))
    assert len(RepairOrder.objects.get().remark) == 500
    assert any("500" in warning.reason for warning in result.warnings)
    path = write_csv(tmp_path / "long.csv", "repair_orders", [{**GOOD_ORDER, "工单号": "X" * 61}])
    refused = bring(path, "repair_orders")
    assert (refused.staged.faulty, refused.counts.new) == (1, 0)
    assert refused.faults[0].column == "工单号"


def test_the_planner_is_told_which_cars_have_changed(orders: Orders) -> None:
    orders(order("A1"), order("A2", vin=OTHER_VIN, name="王五", mobile="13655556666"))
    marks = dict(PlanState.objects.filter(subject="vehicle").values_list("pk", "marks"))
    assert set(marks) == set(Vehicle.objects.values_list("pk", flat=True))
    orders(order("A1", 维修金额="5"), order("A2", vin=OTHER_VIN, name="王五", mobile="13655556666"))
    after = dict(PlanState.objects.filter(subject="vehicle").values_list("pk", "marks"))
    changed = Vehicle.objects.get(vin=VIN).pk
    assert {car for car in after if after[car] != marks[car]} == {changed}


def test_another_store_sees_nothing_of_it(orders: Orders, suzhou: Tenant) -> None:
    orders(order("A1"))
    with inside(suzhou):
        assert not RepairOrder.objects.exists()
        assert not Customer.objects.exists()

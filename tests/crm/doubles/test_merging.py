"""Two files become one with all that belongs to either, and two again."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from care_support import a_customer
from django.db import connection
from django.utils import timezone
from dms_cases import GOOD_DELIVERY, GOOD_ORDER
from followups_support import car, customer, deliver, repair
from import_support import bring, contents, write_csv
from leads_support import a_lead
from row_support import wrong_data

from crm.complaints.models import Complaint
from crm.customers.models import Consent, Customer, TrackingItem
from crm.doubles import actions
from crm.doubles.finding import look
from crm.doubles.merging import FIELDS, _naming
from crm.doubles.models import Pair
from crm.followups import planner
from crm.followups.models import FollowUp, Hold
from crm.leads.models import Lead
from crm.vehicles.models import Delivery, Ownership, RepairOrder
from sanfang.kernel.errors import Conflict, DomainError, Forbidden
from sanfang.messaging.models import Message
from sanfang.tenancy.models import Staff

pytestmark = pytest.mark.usefixtures("in_chengdu")


def a_pair(**second: Any) -> tuple[Customer, Customer, Pair]:
    one = customer("张伟", mobile="15412345678", number="KH1")
    other = customer("章伟", **{"mobile": "15412345678", "number": "KH2", **second})
    look(timezone.now())
    return one, other, Pair.objects.get(state="found")


def everything(who: Customer) -> None:
    """A row of each table that names a customer."""
    mine = car(who)
    deliver(mine, "2026-01-05")
    repair(mine, "2026-02-05 09:00", "2026-02-05 11:00")
    planner.plan(timezone.now())
    FollowUp.objects.filter(customer=who).update(attempts=1)
    a_lead(customer=who)
    item = TrackingItem.objects.get(pk=wrong_data())
    TrackingItem.objects.filter(pk=item.pk).update(customer=who)
    Consent.objects.create(customer=who, purpose="calls", granted=False, at=timezone.now())
    Complaint.objects.create(
        number=f"TS{who.pk.hex[-10:]}", title="异响", channel="hotline", customer=who, registered_at=timezone.now(),
        contact_minutes=120, contact_due=timezone.now(),
    )  # fmt: skip
    Message.objects.create(
        to="15421234567", text="x", purpose="x", customer_id=who.pk, queued_at=timezone.now(), not_before=timezone.now()
    )


def named() -> dict[tuple[str, str], dict[Any, int]]:
    """How many rows of each table name whom."""
    told = {}
    with connection.cursor() as cursor:
        for table, column in _naming():
            cursor.execute(f"SELECT {column}, count(*) FROM {table} GROUP BY 1")
            told[table, column] = dict(cursor.fetchall())
    return told


def test_everything_of_both_is_of_the_one_who_stays(actor: Any) -> None:
    one, other, pair = a_pair()
    everything(one)
    everything(other)
    before = named()
    actions.merge(actor("陈雅婷"), pair, keep=one.pk, chosen={}, now=timezone.now())
    assert list(Customer.objects.filter(pk__in=[one.pk, other.pk])) == [one]
    for place, counts in named().items():
        assert other.pk not in counts, place
        # The same wrong number of both is one.
        twice = place[0] == "customers_trackingitem"
        assert counts.get(one.pk, 0) == before[place].get(one.pk, 0) + before[place].get(other.pk, 0) - twice, place


def test_taken_apart_they_are_as_they_were(actor: Any) -> None:
    one, other, pair = a_pair(address="人民南路")
    everything(one)
    everything(other)
    people = list(Customer.objects.order_by("pk").values())
    before, cars = named(), list(Ownership.objects.order_by("pk").values_list("vehicle", "customer", "since", "until"))
    manager = actor("陈雅婷")
    actions.merge(manager, pair, keep=other.pk, chosen={"name": one.pk, "number": one.pk}, now=timezone.now())
    assert Customer.objects.get(pk=other.pk).name == "张伟"
    apart = actions.take_apart(manager, pair, now=timezone.now())
    assert apart.stays == {}
    unwatched = {"updated_at"}
    again = [{k: v for k, v in row.items() if k not in unwatched} for row in Customer.objects.order_by("pk").values()]
    assert again == [{k: v for k, v in row.items() if k not in unwatched} for row in people]
    # Who had a car is worked out from its documents, also for cars of which a test said it by hand.
    after = named()
    assert {k: v for k, v in after.items() if k[0] != "vehicles_ownership"} == {
        k: v for k, v in before.items() if k[0] != "vehicles_ownership"
    }
    assert {row[:2] for row in Ownership.objects.values_list("vehicle", "customer")} == {row[:2] for row in cars}
    assert Pair.objects.get(pk=pair.pk).state == "apart"
    look(timezone.now())
    assert not Pair.objects.filter(state="found", first=pair.first, second=pair.second).exists()


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_is_the_chosen_one(actor: Any, name: str) -> None:
    values = {"form_of_address": "女士", "company": True, "gender": "male", "birthday": "1990-02-03",
              "landline": "028-88123456", "address": "人民南路"}  # fmt: skip
    one, other, pair = a_pair(**values)
    actions.merge(actor("陈雅婷"), pair, keep=one.pk, chosen={name: other.pk}, now=timezone.now())
    kept = Customer.objects.get(pk=one.pk)
    other = Customer(**{**values, "name": "章伟", "mobile": "15412345678", "number": "KH2"})
    assert str(getattr(kept, name)) == str(getattr(other, name))


def test_what_the_kept_file_lacks_comes_from_the_other(actor: Any) -> None:
    one, _other, pair = a_pair(address="人民南路", birthday="1990-02-03", do_not_call=True)
    actions.merge(actor("陈雅婷"), pair, keep=one.pk, chosen={}, now=timezone.now())
    kept = Customer.objects.get(pk=one.pk)
    assert (kept.name, kept.number, kept.address, str(kept.birthday)) == ("张伟", "KH1", "人民南路", "1990-02-03")
    assert kept.do_not_call


def orders_of(name: str, number: str, mobile: str, vin: str, **cells: str) -> dict[str, str]:
    return {**GOOD_ORDER, "工单号": number, "车主": name, "手机": mobile, "VIN": vin, "车主编号": "", **cells}


def test_the_next_file_finds_the_one_who_stays_and_keeps_what_was_chosen(tmp_path: Path, actor: Any) -> None:
    vin = GOOD_DELIVERY["VIN"]
    first = orders_of("张伟", "RO1", "15412345678", vin)
    second = orders_of("章伟", "RO2", "15412345679", vin, 工单开单日期="2025-07-08 09:00", 交车日期="")
    bring(write_csv(tmp_path / "x.csv", "repair_orders", [first, second]), "repair_orders")
    one, other = Customer.objects.get(name="张伟"), Customer.objects.get(name="章伟")
    pair = Pair.objects.create(
        first=min(one.pk, other.pk), second=max(one.pk, other.pk), found_at=timezone.now(), reasons=["car_alike"]
    )
    actions.merge(actor("陈雅婷"), pair, keep=one.pk, chosen={}, now=timezone.now())
    assert Ownership.objects.get().customer_id == one.pk
    before = contents()
    result = bring(write_csv(tmp_path / "x.csv", "repair_orders", [first, second]), "repair_orders")
    assert (result.counts.new, result.counts.changed, result.counts.same) == (0, 0, 2)
    assert contents() == before
    third = orders_of("章伟", "RO3", "15412345679", vin, 工单开单日期="2025-09-08 09:00", 交车日期="")
    bring(write_csv(tmp_path / "y.csv", "repair_orders", [third]), "repair_orders")
    kept = Customer.objects.get()
    assert (kept.pk, kept.name, kept.mobile, RepairOrder.objects.count()) == (one.pk, "张伟", "15412345678", 3)
    actions.take_apart(actor("陈雅婷"), pair, now=timezone.now())
    # What came since stays with the one who was kept.
    assert set(RepairOrder.objects.values_list("number", "customer__name")) == {
        ("RO1", "张伟"), ("RO2", "章伟"), ("RO3", "张伟"),
    }  # fmt: skip


def test_what_somebody_changed_since_stays_and_is_told(actor: Any) -> None:
    one, other, pair = a_pair()
    deliver(car(other), "2026-01-05")
    actions.merge(
        actor("陈雅婷"), pair, keep=one.pk, chosen={"address": other.pk, "name": other.pk}, now=timezone.now()
    )
    Customer.objects.filter(pk=one.pk).update(name="张维")
    apart = actions.take_apart(actor("陈雅婷"), pair, now=timezone.now())
    assert apart.stays == {"customers_customer": 1}
    assert set(Customer.objects.values_list("name", flat=True)) == {"张维", "章伟"}
    assert Delivery.objects.get().customer_id == other.pk


def test_one_who_was_merged_again_is_taken_apart_in_that_order(actor: Any) -> None:
    one, other, pair = a_pair()
    third = customer("张玮", mobile="15412345678")
    manager, now = actor("陈雅婷"), timezone.now()
    actions.merge(manager, pair, keep=one.pk, chosen={}, now=now)
    look(now)
    further = Pair.objects.get(state="found")
    actions.merge(manager, further, keep=third.pk, chosen={}, now=now)
    with pytest.raises(Conflict, match="先拆开那一次"):
        actions.take_apart(manager, pair, now=now)
    actions.take_apart(manager, further, now=now)
    actions.take_apart(manager, pair, now=now)
    assert set(Customer.objects.values_list("pk", flat=True)) == {one.pk, other.pk, third.pk}


def untouched() -> Any:
    return contents(), list(Pair.objects.order_by("pk").values()), Lead.objects.count()


def test_nobody_else_and_nothing_else(actor: Any) -> None:
    one, _other, pair = a_pair()
    before = untouched()
    for name in ("李娜", "罗建川", "邓凯"):
        for deed in (
            lambda who: actions.merge(who, pair, keep=one.pk, chosen={}, now=timezone.now()),
            lambda who: actions.set_apart(who, pair, now=timezone.now()),
            lambda who: actions.take_apart(who, pair, now=timezone.now()),
        ):
            with pytest.raises(Forbidden):
                deed(actor(name))
    manager = actor("陈雅婷")
    with pytest.raises(DomainError):
        actions.merge(manager, pair, keep=a_customer().pk, chosen={}, now=timezone.now())
    Customer.objects.exclude(name__in=["张伟", "章伟"]).delete()
    with pytest.raises(Conflict):
        actions.take_apart(manager, pair, now=timezone.now())
    assert untouched() == before


def test_nobody_is_merged_while_somebody_calls_them(actor: Any) -> None:
    one, other, pair = a_pair()
    now = timezone.now()
    lina = Staff.objects.get(name="李娜")
    Hold.objects.create(customer=other, staff=lina, since=now, until=now + timedelta(minutes=5))
    before = untouched()
    with pytest.raises(Conflict, match="李娜"):
        actions.merge(actor("陈雅婷"), pair, keep=one.pk, chosen={}, now=now)
    assert untouched() == before
    Hold.objects.update(until=now)
    actions.merge(actor("陈雅婷"), pair, keep=one.pk, chosen={}, now=now)


def test_a_second_click_merges_nothing(actor: Any) -> None:
    one, _other, pair = a_pair()
    actions.merge(actor("陈雅婷"), pair, keep=one.pk, chosen={}, now=timezone.now())
    before = untouched()
    with pytest.raises(Conflict):
        actions.merge(actor("陈雅婷"), pair, keep=one.pk, chosen={}, now=timezone.now())
    assert untouched() == before

"""What machines fetch: all of it once, in the order of change, masked, and cheap."""

from datetime import timedelta
from typing import Any

import pytest
from address_table import a_call
from api_support import Machine, machine
from care_support import a_customer
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from followups_support import car
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from api.intake.queries import MARGIN, told_until
from api.v1 import filters
from crm.customers.models import Customer
from crm.dms.models import ImportRun
from crm.dms.states import State
from crm.followups.models import FollowUp
from crm.vehicles.models import Ownership, Vehicle
from sanfang.audit.models import Access
from sanfang.tenancy.context import inside
from tenants.models import Tenant

LISTS = {"customers": "read:customers", "vehicles": "read:vehicles", "follow-ups": "read:follow-ups"}
MOBILE = "13912345678"


def everything(own: Machine, path: str, limit: int = 2, **words: str) -> list[dict[str, Any]]:
    found, cursor = [], ""
    for _page in range(100):
        body = own.get(path, {**words, "limit": limit, **({"cursor": cursor} if cursor else {})}).json()
        found += body["items"]
        cursor = body["next"]
        if not cursor:
            return found
    raise AssertionError("endless")


@pytest.fixture
def own(chengdu: Tenant) -> Machine:
    return machine(chengdu, *LISTS.values())


@pytest.fixture
def clear(chengdu: Tenant) -> Machine:
    return machine(chengdu, *LISTS.values(), "reveal:customers")


def test_a_page_ends_where_the_next_begins_though_all_changed_at_once(chengdu: Tenant, own: Machine) -> None:
    with inside(chengdu):
        for number in range(7):
            a_customer(name=f"客户{number}")
        # One statement, one moment: as an import leaves them.
        Customer.objects.update(landline="0571-1", updated_at=timezone.now() - timedelta(days=1))
        every = {str(key) for key in Customer.objects.values_list("pk", flat=True)}
        assert len(set(Customer.objects.values_list("updated_at", flat=True))) == 1
    for limit in (1, 3, 7, 500):
        found = [one["id"] for one in everything(own, "customers", limit)]
        assert len(found) == len(every)
        assert set(found) == every


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments=some.lists(some.integers(0, 3), min_size=1, max_size=8), limit=some.integers(1, 5))
def test_whatever_shares_a_moment_every_row_comes_once_and_in_order(
    chengdu: Tenant, own: Machine, moments: list[int], limit: int
) -> None:
    base = timezone.now() - timedelta(days=1)
    with transaction.atomic():
        with inside(chengdu):
            Vehicle.objects.all().delete()
            for number, moment in enumerate(moments):
                one = Vehicle.objects.create(vin=f"LS4ASE2W4SA{number:06}")
                Vehicle.objects.filter(pk=one.pk).update(updated_at=base + timedelta(seconds=moment))
            order = list(Vehicle.objects.order_by("updated_at", "pk").values_list("pk", flat=True))
        found = [one["id"] for one in everything(own, "vehicles", limit)]
        transaction.set_rollback(True)
    assert found == [str(key) for key in order]


def test_updated_since_sees_every_kind_of_change(chengdu: Tenant, own: Machine) -> None:
    with inside(chengdu):
        call = FollowUp.objects.get(pk=a_call())
        sold, kept = car(), car()
        someone = sold.ownerships.get().customer

    def aged() -> None:
        with inside(chengdu):
            for model in (Customer, Vehicle, FollowUp):
                model.objects.update(updated_at=timezone.now() - timedelta(days=9))

    def news() -> list[set[str]]:
        since = (timezone.now() - timedelta(days=1)).isoformat()
        return [{one["id"] for one in everything(own, path, updated_since=since)} for path in LISTS]

    aged()
    assert news() == [set(), set(), set()]
    with inside(chengdu):
        # None of these says when.
        Customer.objects.filter(pk=call.customer_id).update(do_not_call=True)
        FollowUp.objects.filter(pk=call.pk).update(attempts=1)
        sold.ownerships.update(until=timezone.now().date())
    assert news() == [{str(call.customer_id)}, {str(sold.pk)}, {str(call.pk)}]
    aged()
    with inside(chengdu):
        Ownership.objects.create(vehicle=sold, customer=someone, since=timezone.now().date())
        Customer.objects.filter(pk=call.customer_id).update(do_not_call=True)  # as it was
    assert news() == [set(), {str(sold.pk)}, set()]
    aged()
    with inside(chengdu):
        kept.ownerships.all().delete()
    assert news() == [set(), {str(kept.pk)}, set()]


def test_until_when_all_was_told(chengdu: Tenant) -> None:
    """An import's rows carry the moment it began, and are seen when it ends."""
    now = timezone.now()
    with inside(chengdu):
        assert told_until(now) == now - MARGIN
        began = now - timedelta(hours=1)
        ImportRun.objects.create(
            kind="deliveries", filename="x", size=1, created_at=began, started_at=began, state=State.APPLYING
        )
        assert told_until(now) == began - MARGIN
    answer = machine(chengdu, "read:customers").get("customers")
    assert answer["Synced-Until"] == (began - MARGIN).isoformat()


def test_masked_unless_the_scope_says_otherwise_and_then_written_down(
    chengdu: Tenant, own: Machine, clear: Machine
) -> None:
    with inside(chengdu):
        somebody = a_customer(name="欧阳文静", mobile=MOBILE)
        Customer.objects.filter(pk=somebody.pk).update(
            landline="0571-88123456", address="杭州市文三路100号", birthday="1990-01-02", gender="female"
        )
        vehicle = car()
        Vehicle.objects.filter(pk=vehicle.pk).update(plate="浙A12345", engine_number="JL476")
    addresses = [f"customers/{somebody.pk}", f"vehicles/{vehicle.pk}", "customers", "vehicles"]
    secrets = ["欧阳文静", MOBILE, "88123456", "文三路", "1990", "female", "浙A12345", "JL476", vehicle.vin]
    hidden = " ".join(own.get(path).content.decode() for path in addresses)
    assert [secret for secret in secrets if secret in hidden] == []
    assert own.get(addresses[0]).json()["mobile"] == "139****5678"
    with inside(chengdu):
        assert not Access.objects.exists()
    seen = " ".join(clear.get(path).content.decode() for path in addresses[:2])
    assert [secret for secret in secrets if secret not in seen] == []
    with inside(chengdu):
        told = list(Access.objects.values_list("model", "object", "what"))
        assert sorted(told) == sorted(
            [("customers_customer", somebody.pk, "api"), ("vehicles_vehicle", vehicle.pk, "api")]
        )
        assert "DMS 同步" in Access.objects.values_list("reason", flat=True)[0]
        customers = Customer.objects.count()
    clear.get("customers", {"limit": 500})
    with inside(chengdu):
        assert Access.objects.filter(model="customers_customer").count() == 1 + customers


def test_what_is_masked_is_not_guessed_at(chengdu: Tenant, own: Machine, clear: Machine) -> None:
    with inside(chengdu):
        somebody = a_customer(name="赵一", mobile=MOBILE)
    for name, value in (("mobile", MOBILE), ("name", "赵一")):
        assert own.get("customers", {name: value}).status_code == 403
        assert [one["id"] for one in clear.get("customers", {name: value}).json()["items"]] == [str(somebody.pk)]
    assert own.get("vehicles", {"plate": "x"}).status_code == 403


def test_filters(chengdu: Tenant, own: Machine) -> None:
    with inside(chengdu):
        call = FollowUp.objects.get(pk=a_call())
        owner = call.vehicle.ownerships.get().customer_id  # type: ignore[union-attr]
        vin = call.vehicle.vin  # type: ignore[union-attr]
    one = {
        "vehicles": [{"vin": vin}, {"owner": owner}],
        "follow-ups": [{"customer": owner}, {"vehicle": call.vehicle_id}],
    }
    for path, asked in one.items():
        for words in asked:
            [found] = own.get(path, words).json()["items"]
            assert found["id"] == str(call.vehicle_id if path == "vehicles" else call.pk)
    later, earlier = call.due + timedelta(seconds=1), call.due
    assert own.get("follow-ups", {"due_before": later.isoformat(), "due_since": earlier.isoformat()}).json()["items"]
    assert not own.get("follow-ups", {"due_before": earlier.isoformat()}).json()["items"]
    assert not own.get("follow-ups", {"state": "withdrawn"}).json()["items"]
    assert not own.get("customers", {"do_not_call": "true"}).json()["items"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "odd",
    [{"limit": ""}, {"updated_since": ""},
     {"limit": "0"}, {"limit": "501"}, {"limit": "x"}, {"limit": "٣"}, {"cursor": "x"}, {"cursor": "W10"},
     {"cursor": "é"}, {"updated_since": "yesterday"}, {"updated_since": "2026-03-02T09:00:00"}, {"unknown": "1"},
     {"updated_since": "0001-01-01T00:00:00+14:00"}, {"updated_since": "9999-12-31T23:59:59-14:00"},
     {"state": "x", "do_not_call": "maybe", "vin": "x" * 18}, {"owner": "x", "customer": "x", "number": "x" * 41},
     {"updated_since": "2026-03-02T09:00:00+99:99"}, {"limit": "1\x00"}],
)  # fmt: skip
def test_odd_parameters_are_named(own: Machine, path: str, odd: dict[str, str]) -> None:
    answer = own.get(path, odd)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), odd
    if odd.get("limit") != "1\x00":
        assert {error["parameter"] for error in answer.json()["errors"]} & set(odd)


def test_the_scope_is_what_opens_a_list(chengdu: Tenant) -> None:
    for path, scope in LISTS.items():
        only = machine(chengdu, scope)
        got = {other: only.get(other).status_code for other in LISTS}
        assert got == {other: 200 if other == path else 403 for other in LISTS}


def test_who_has_it_already_is_told_so_and_nothing_is_shown(chengdu: Tenant, clear: Machine) -> None:
    with inside(chengdu):
        somebody = a_customer()
    for path in ("customers", f"customers/{somebody.pk}"):
        first = clear.get(path)
        with inside(chengdu):
            written = Access.objects.count()
        again = clear.get(path, If_None_Match=first["ETag"])
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        with inside(chengdu):
            assert Access.objects.count() == written
            Customer.objects.filter(pk=somebody.pk).update(landline=f"0571-{len(path)}")
        assert clear.get(path, If_None_Match=first["ETag"]).status_code == 200


def test_masked_and_clear_have_different_tags(chengdu: Tenant, own: Machine, clear: Machine) -> None:
    with inside(chengdu):
        somebody = a_customer()
    path = f"customers/{somebody.pk}"
    assert own.get(path)["ETag"] != clear.get(path)["ETag"]
    assert own.get(path, If_None_Match=clear.get(path)["ETag"]).status_code == 200


def test_another_stores_things_are_not_found(chengdu: Tenant, suzhou: Tenant, clear: Machine) -> None:
    with inside(suzhou):
        call = FollowUp.objects.get(pk=a_call())
    keys = {"customers": call.customer_id, "vehicles": call.vehicle_id, "follow-ups": call.pk}
    neighbour = machine(suzhou, *LISTS.values())
    for path, key in keys.items():
        assert clear.get(f"{path}/{key}").status_code == 404
        assert neighbour.get(f"{path}/{key}").status_code == 200
        assert str(key) not in clear.get(path, {"limit": 500}).content.decode()
    assert not clear.get("vehicles", {"owner": call.customer_id}).json()["items"]


@pytest.mark.parametrize(("clear_too", "most"), [(False, 4), (True, 5)])
def test_a_page_costs_the_same_with_3_rows_and_with_30(chengdu: Tenant, clear_too: bool, most: int) -> None:
    """The token; then, inside: what is under way, the rows, and one statement for all that is written down."""
    reader = machine(chengdu, *LISTS.values(), *(["reveal:customers"] if clear_too else []))
    counts = []
    for more in (3, 27):
        with inside(chengdu):
            for _one in range(more):
                a_call()
        got = {}
        for path in LISTS:
            reader.get(path)
            with CaptureQueriesContext(connection) as statements:
                assert reader.get(path, {"limit": 500}).status_code == 200
            told = [one["sql"] for one in statements if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
            got[path] = len([sql for sql in told if "set_config" not in sql])
        counts.append(got)
    assert counts[0] == counts[1] == {"customers": most - 1, "vehicles": most - 1, "follow-ups": 3}


def test_every_filter_is_described() -> None:
    for kind in (filters.CustomerFilter, filters.VehicleFilter, filters.FollowUpFilter):
        names = {one.name for one in filters.described(kind)}
        assert names == {*kind.base_filters, "limit", "cursor"}
        assert kind.clear_only <= names


@pytest.mark.parametrize("path", LISTS)
def test_nothing_is_written_by_reading(chengdu: Tenant, own: Machine, path: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE"):
        answer = own.ask(method, path)
        assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")

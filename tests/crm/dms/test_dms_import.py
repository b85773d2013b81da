"""Files into a store, the whole way: what becomes of rows, and of the same rows a second time."""

from datetime import date
from pathlib import Path

import pytest
from import_support import bring, look, snapshot

from crm.customers.models import Customer
from crm.vehicles.models import Delivery, Ownership, RepairOrder
from infra.demo.build import build, todays_export
from infra.demo.cast import NETWORK
from infra.demo.manifest import DELIVERIES, REPAIR_ORDERS, Kind, Manifest, Outcome
from sanfang.tenancy.context import inside
from tenants.models import Tenant

REFERENCE = date(2025, 6, 18)
KINDS: tuple[Kind, ...] = (DELIVERIES, REPAIR_ORDERS)


@pytest.fixture(scope="module")
def first_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, Path]:
    folder = tmp_path_factory.mktemp("first")
    return build(REFERENCE, folder), folder


@pytest.fixture(scope="module")
def next_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, Path]:
    folder = tmp_path_factory.mktemp("next")
    return todays_export(REFERENCE, folder), folder


@pytest.mark.usefixtures("in_chengdu")
@pytest.mark.parametrize("dealer", [dealer.slug for dealer in NETWORK.dealers])
def test_the_demo_files_give_what_their_manifest_says(
    dealer: str, first_files: tuple[Manifest, Path], next_files: tuple[Manifest, Path]
) -> None:
    manifest, folder = first_files
    for kind in KINDS:
        facts = manifest.file(dealer, kind)
        expected = look(folder / facts.path, kind)
        result = bring(folder / facts.path, kind)
        assert result.counts == expected.counts
        assert result.staged.rows == facts.rows
        assert result.staged.faulty == facts.faulty
        assert result.counts.documents == len(facts.new)
        assert result.counts.changed == 0
        assert result.counts.new + result.counts.same + facts.faulty == facts.rows
    manifest, folder = next_files
    for kind in KINDS:
        facts = manifest.file(dealer, kind)
        cancelled = {blemish.document for blemish in facts.with_outcome(Outcome.CANCELLED)}
        result = bring(folder / facts.path, kind)
        assert (result.counts.new, result.counts.changed) == (len(facts.new), len(facts.changed or {}) + len(cancelled))
        assert result.counts.same == len(facts.same)


@pytest.mark.usefixtures("in_chengdu")
def test_the_people_of_the_demo_are_who_they_are(first_files: tuple[Manifest, Path]) -> None:
    manifest, folder = first_files
    for kind in KINDS:
        bring(folder / manifest.file("chengdu", kind).path, kind)
    story = manifest.story("chengdu")
    for double in story.doubles:
        first = RepairOrder.objects.get(number=double.document)
        second = RepairOrder.objects.get(number=double.other_document)
        assert (first.customer_id == second.customer_id) == double.same_name, double
    for change in story.owner_changes:
        owners = Ownership.objects.filter(vehicle__vin=change.vin).order_by("since")
        assert [owner.customer.name for owner in owners] == [change.old_owner, change.new_owner]
        assert owners[0].until == owners[1].since
        assert owners[1].until is None
    fleet = Customer.objects.get(name=story.fleet.name)
    seen = set(RepairOrder.objects.filter(customer=fleet).values_list("vehicle__vin", flat=True))
    assert seen
    assert seen <= set(story.fleet.vins)
    assert fleet.company


@pytest.mark.usefixtures("in_chengdu")
def test_the_same_files_again_change_nothing(first_files: tuple[Manifest, Path]) -> None:
    manifest, folder = first_files
    for kind in KINDS:
        bring(folder / manifest.file("chengdu", kind).path, kind)
    before = snapshot()
    for kind in KINDS:
        facts = manifest.file("chengdu", kind)
        for result in (look(folder / facts.path, kind), bring(folder / facts.path, kind)):
            assert (result.counts.new, result.counts.changed) == (0, 0)
            assert result.counts.same == facts.rows - facts.faulty
    assert snapshot() == before


@pytest.mark.usefixtures("in_chengdu")
def test_looking_changes_nothing(first_files: tuple[Manifest, Path]) -> None:
    manifest, folder = first_files
    before = snapshot()
    result = look(folder / manifest.file("chengdu", REPAIR_ORDERS).path, REPAIR_ORDERS)
    assert result.counts.new > 1000
    assert snapshot() == before


@pytest.mark.usefixtures("in_chengdu")
def test_two_files_in_either_order_come_to_the_same(
    first_files: tuple[Manifest, Path], next_files: tuple[Manifest, Path], suzhou: Tenant
) -> None:
    """The owners of every car, whichever of two exports arrived first. (What the newer one takes back is unknown to
    it when it comes first: only a document that is there can be taken back.)"""
    old, new = (
        (folder / manifest.file("hangzhou", REPAIR_ORDERS).path) for manifest, folder in (first_files, next_files)
    )
    bring(old, REPAIR_ORDERS)
    bring(new, REPAIR_ORDERS)
    taken_back = RepairOrder.objects.get(cancelled=True).vehicle.vin
    forwards = _owners(taken_back)
    with inside(suzhou):
        bring(new, REPAIR_ORDERS)
        bring(old, REPAIR_ORDERS)
        assert _owners(taken_back) == forwards


def _owners(without: str) -> set[tuple[object, ...]]:
    return set(
        Ownership.objects.exclude(vehicle__vin=without).values_list(
            "vehicle__vin", "customer__name", "customer__mobile", "since", "until"
        )
    )


@pytest.mark.usefixtures("in_chengdu")
def test_what_is_not_yet_is_not_yet(first_files: tuple[Manifest, Path]) -> None:
    manifest, folder = first_files
    for kind in KINDS:
        bring(folder / manifest.file("chengdu", kind).path, kind)
    sold = manifest.file("chengdu", DELIVERIES)
    assert set(Delivery.objects.filter(delivered_on=None).values_list("number", flat=True)) == set(
        sold.unfinished
    ) & set(sold.new)
    shop = manifest.file("chengdu", REPAIR_ORDERS)
    assert set(RepairOrder.objects.filter(closed_at=None).values_list("number", flat=True)) == set(
        shop.unfinished
    ) & set(shop.new)

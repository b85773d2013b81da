"""Lists, lost leads and changes of the standard, planned out of the database: the same as the kernel says."""

import json
from datetime import date
from typing import Any

import pytest
from followups_support import at, car, customer, deliver, owner_of, planned, repair
from leads_support import a_lead

from crm.followups import actions, planner
from crm.followups.models import FollowUp, PlanState
from crm.leads.models import Lead
from crm.store.actions import choose_standard
from crm.store.models import Store
from crm.vehicles.models import RepairOrder
from sanfang.kernel.permissions import Actor
from sanfang.standards.packs import load_pack
from sanfang.standards.simulation import parse, simulate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("place")]


@pytest.fixture
def saic(place: Any) -> Any:
    Store.objects.update(pack="saic-vw-crc", pack_version=load_pack("saic-vw-crc").version, draw_seed=7)
    return Store.objects.get()


def plan(now: str) -> Any:
    return planner.plan(at(now))


def rows(rule: str) -> list[tuple[str, str, str]]:
    """Trigger, opening day and state, in the order of their triggers' making."""
    found = FollowUp.objects.filter(rule=rule).order_by("trigger")
    return [(row.trigger, f"{row.opens.astimezone(at('2026-01-01 00:00').tzinfo):%m-%d}", row.state) for row in found]


# --- lists ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["lost_list", "canvassing"])
def test_a_list_entry_asks_for_a_call_that_a_visit_answers(saic: Any, kind: str) -> None:
    vehicle = car()
    entry = a_lead(kind, "2026-03-02", customer=owner_of(vehicle))
    plan("2026-03-02 08:29")
    assert rows("lost-list") == []
    plan("2026-03-02 08:30")
    call = FollowUp.objects.get()
    assert (call.rule, call.trigger, call.trigger_kind) == ("lost-list", str(entry.pk), "lost_list")
    assert (call.customer, call.vehicle, call.trigger_on) == (owner_of(vehicle), None, date(2026, 3, 2))
    order = repair(vehicle, "2026-03-04 10:00")
    actions.replan([vehicle.pk])
    assert plan("2026-03-04 10:15").answered == 1
    call.refresh_from_db()
    assert (call.state, call.answered_by, call.ended_at) == ("answered", order.pk, at("2026-03-04 10:00"))


def test_a_cancelled_entry_is_withdrawn_and_a_lost_lead_is_no_entry(saic: Any) -> None:
    entry = a_lead("lost_list", "2026-03-02")
    a_lead("lost_leads", "2026-03-02", customer=entry.customer)
    plan("2026-03-02 09:00")
    assert rows("lost-list") == [(str(entry.pk), "03-02", "open")]
    Lead.objects.filter(pk=entry.pk).update(cancelled=True)
    actions.replan((), customer_ids=[entry.customer_id])
    assert plan("2026-03-02 10:00").withdrawn == 1


def test_an_entry_of_a_day_to_come_waits_for_it(saic: Any) -> None:
    a_lead("lost_list", "2026-03-05")
    plan("2026-03-02 09:00")
    assert rows("lost-list") == []
    plan("2026-03-05 09:00")
    assert [row[1:] for row in rows("lost-list")] == [("03-05", "open")]


def test_other_standards_ask_for_neither_lists_nor_leads(place: Any) -> None:
    a_lead("lost_list", "2026-03-02")
    a_lead("lost_leads", "2026-03-02")
    plan("2026-04-20 09:00")
    assert planned() == []


# --- the draw -------------------------------------------------------------------------------------
def lost(day: str, count: int) -> list[Lead]:
    return [a_lead("lost_leads", day) for _ in range(count)]


def test_the_draw_in_the_store_is_the_draw_of_the_simulation(saic: Any) -> None:
    leads = [*lost("2026-03-02", 9), *lost("2026-03-10", 8), *lost("2026-03-31", 3)]
    content = {
        "timezone": "Asia/Shanghai",
        "seed": 7,
        "customers": [{"id": str(lead.customer_id)} for lead in leads],
        "lost_leads": [{"id": str(one.pk), "customer": str(one.customer_id), "date": str(one.day)} for one in leads],
    }
    for now in ("2026-03-07", "2026-03-08", "2026-03-20", "2026-04-01"):
        lines = simulate(load_pack("saic-vw-crc"), parse(json.dumps(content)), date.fromisoformat(now))
        expected = sorted((line["trigger"], line["opens"][5:10]) for line in map(json.loads, lines))
        planner.plan(at(f"{now} 23:59:59.999999"))
        assert sorted(row[:2] for row in rows("lost-sale")) == expected
    assert len(expected) == 3
    before = list(FollowUp.objects.values().order_by("pk"))
    result = plan("2026-04-02 09:00")
    assert (result.made, result.moved, result.withdrawn) == (0, 0, 0)
    assert list(FollowUp.objects.values().order_by("pk")) == before


def test_a_lead_that_comes_late_is_in_the_next_draw_and_changes_none(saic: Any) -> None:
    lost("2026-03-02", 7)
    plan("2026-03-09 09:00")
    first = rows("lost-sale")
    assert len(first) == 2
    for _ in range(7):
        a_lead("lost_leads", "2026-03-03", imported_at=at("2026-04-02 10:00"))
    plan("2026-04-04 09:00")
    assert rows("lost-sale") == first
    plan("2026-04-06 09:00")
    assert sorted(row[1] for row in rows("lost-sale")) == ["03-08", "03-08", "04-05"]  # three of March's fourteen


def test_a_drawn_lead_that_is_taken_back_is_withdrawn_unless_somebody_has_called(saic: Any) -> None:
    lost("2026-03-02", 14)
    plan("2026-03-09 09:00")
    called, other, _third = FollowUp.objects.order_by("pk")
    FollowUp.objects.filter(pk=called.pk).update(attempts=1)
    Lead.objects.filter(pk__in=[called.trigger, other.trigger]).update(cancelled=True)
    assert plan("2026-03-09 10:00").withdrawn == 1
    other.refresh_from_db()
    assert (other.state, FollowUp.objects.get(pk=called.pk).state) == ("withdrawn", "open")
    assert FollowUp.objects.exclude(state="withdrawn").count() == 3  # another was drawn in its place


def test_planning_a_drawn_customer_leaves_the_draw_alone(saic: Any) -> None:
    who = customer(birthday=date(1990, 3, 8))
    a_lead("lost_leads", "2026-03-02", customer=who)
    a_lead("lost_list", "2026-03-02", customer=who)
    plan("2026-03-09 09:00")
    actions.replan((), customer_ids=[who.pk])
    assert plan("2026-03-09 10:00").withdrawn == 0
    planner.plan(at("2026-03-09 11:00"), only=list(PlanState.objects.values_list("pk", flat=True)))
    assert sorted(row[0] for row in planned()) == ["lost-list", "lost-sale"]


def test_leads_from_before_go_live_are_in_no_draw(saic: Any) -> None:
    Store.objects.update(go_live=date(2026, 3, 3))
    lost("2026-03-02", 20)
    (lead,) = lost("2026-03-03", 1)
    plan("2026-03-31 09:00")
    assert [row[0] for row in rows("lost-sale")] == [str(lead.pk)]


# --- another standard -----------------------------------------------------------------------------
def change(actor: Any, pack: str, now: str) -> None:
    manager: Actor = actor("陈雅婷")
    choose_standard(manager, pack, version=load_pack(pack).version, now=at(now))


def test_open_work_keeps_the_standard_that_asked_for_it(actor: Any) -> None:
    old, new = car(), car()
    deliver(old, "2026-02-01")
    plan("2026-03-04 09:00")
    assert [(row[0], row[3]) for row in planned()] == [("first-call", "open"), ("second-call", "open")]
    change(actor, "saic-vw-crc", "2026-03-05 10:00")
    deliver(new, "2026-03-04")
    result = plan("2026-03-05 10:15")
    assert (result.withdrawn, result.moved) == (0, 0)
    assert {(row.rule, row.pack) for row in FollowUp.objects.filter(vehicle=old)} == {
        ("first-call", "changan-dcrc"),
        ("second-call", "changan-dcrc"),
    }
    assert {(row.rule, row.pack) for row in FollowUp.objects.filter(vehicle=new)} == {("first-call", "saic-vw-crc")}
    plan("2026-06-30 09:00")
    assert not FollowUp.objects.filter(vehicle=new, rule="second-call").exists()


def test_what_an_old_standard_asked_for_is_still_answered_by_a_visit_and_moved_by_a_correction(actor: Any) -> None:
    vehicle = car()
    delivery = deliver(vehicle, "2026-01-05")
    plan("2026-03-06 09:00")
    change(actor, "aosheng-chain", "2026-03-06 10:00")
    delivery.delivered_on = date(2026, 1, 6)
    delivery.save()
    actions.replan([vehicle.pk])
    plan("2026-03-06 11:00")
    lost_contact = FollowUp.objects.get(rule="lost-contact")
    assert (lost_contact.state, lost_contact.opens) == ("open", at("2026-03-06 08:30"))
    repair(vehicle, "2026-03-07 10:00", kind="service")
    actions.replan([vehicle.pk])
    assert plan("2026-03-07 11:00").answered == 1
    RepairOrder.objects.update(cancelled=True)
    delivery.cancelled = True
    delivery.save()
    actions.replan([vehicle.pk])
    plan("2026-03-07 12:00")
    assert set(FollowUp.objects.values_list("state", flat=True)) == {"withdrawn"}


def test_the_new_standard_asks_only_for_what_opens_from_its_first_day_on(actor: Any) -> None:
    """A year of cars that are 120 days away must not be in the queue the next morning."""
    for opened in ("2026-01-02 09:00", "2026-01-20 09:00"):
        repair(car(), opened, opened.replace("09:00", "15:00"))
    plan("2026-05-19 09:00")
    change(actor, "aosheng-chain", "2026-05-20 10:00")
    plan("2026-05-20 10:15")
    assert planned(rule="win-back") == [("win-back", "2026-05-20 08:30", "2026-05-27 17:30", "open")]
    assert not FollowUp.objects.filter(rule="care-sms").exists()


def test_back_and_forth_makes_nothing_twice(actor: Any) -> None:
    vehicle = car()
    deliver(vehicle, "2026-03-02")
    plan("2026-03-03 09:00")
    change(actor, "saic-vw-crc", "2026-03-03 10:00")
    plan("2026-03-03 10:15")
    change(actor, "changan-dcrc", "2026-03-03 11:00")
    plan("2026-03-25 10:15")
    assert [row[0] for row in planned()] == ["first-call", "second-call"]

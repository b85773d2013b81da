"""What would this standard ask of us: known is what the planner then plans, expected is counted by hand."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from followups_support import at, car, customer, deliver, repair
from leads_support import a_lead

from crm.followups import outlook, planner
from crm.followups.comparing import callers, compare
from crm.followups.forecast import Demand, Forecast, forecast
from crm.followups.models import FollowUp, PlanState
from crm.store.actions import choose_standard
from crm.store.models import Store
from crm.store.queries import store
from sanfang.standards.packs import load_pack, shipped_packs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("place")]
NOW = "2026-03-02 12:00"  # a Monday
FIRST = date(2026, 3, 3)


@pytest.fixture(autouse=True)
def nothing_kept(place: Any) -> Iterator[None]:
    """The cache doesn't roll back with the database."""
    outlook.forget(at(NOW))
    yield
    outlook.forget(at(NOW))


def ask(pack: str = "changan-dcrc", days: int = 28) -> Demand:
    planner.marks.adopt()  # type: ignore[attr-defined]
    return forecast([load_pack(pack)], store(), at(NOW), days).demands[pack]


def told(demand: Demand, *, expected: bool = False) -> dict[str, dict[str, int]]:
    """Rule → day → how many, days without any left out."""
    found = {}
    for rule, days in demand.rules.items():
        counts = days.expected if expected else days.known
        opened = {f"{FIRST + timedelta(days=day):%m-%d}": count for day, count in enumerate(counts) if count}
        if opened:
            found[rule] = opened
    return found


def test_a_delivery_is_known_for_itself_and_expected_again_every_four_weeks() -> None:
    deliver(car(), "2026-03-02")
    assert told(ask(days=56)) == {"first-call": {"03-03": 1}, "second-call": {"03-20": 1}}
    assert told(ask(days=56), expected=True) == {
        "first-call": {"03-31": 1},
        "second-call": {"04-17": 1},
    }
    assert told(ask(days=28)) == {"first-call": {"03-03": 1}, "second-call": {"03-20": 1}}


def test_what_was_delivered_longer_than_four_weeks_ago_does_not_come_again() -> None:
    deliver(car(), "2026-02-02")  # 29 days before the first day
    deliver(car(), "2026-02-03")  # 28
    assert told(ask(days=56), expected=True) == {
        "first-call": {"03-04": 1, "04-01": 1},
        "second-call": {"03-21": 1, "04-18": 1},
    }


def test_the_second_follow_up_comes_after_the_first_is_taken_to_be_made() -> None:
    repair(car(), "2026-03-01 09:00", "2026-03-01 17:00")
    assert told(ask("after-sales-general")) == {"first-follow-up": {"03-04": 1}, "second-follow-up": {"03-12": 1}}


def test_messages_of_the_chain_and_its_calls() -> None:
    repair(car(), "2026-03-01 09:00", "2026-03-01 17:00")
    assert told(ask("aosheng-chain")) == {"third-call": {"03-04": 1}}
    assert told(ask("aosheng-chain"), expected=True) == {"care-sms": {"03-29": 1}}


def test_lost_leads_are_drawn_and_come_again() -> None:
    for _ in range(7):
        a_lead("lost_leads", "2026-03-02")
    asked = ask("saic-vw-crc", 35)
    assert told(asked) == {"lost-sale": {"03-08": 2}}
    assert told(asked, expected=True) == {"lost-sale": {"03-31": 1}}


@pytest.mark.parametrize("pack", ["changan-dcrc", "saic-vw-crc", "aosheng-chain"])
@pytest.mark.parametrize("chosen", ["2026-03-01 13:00", None], ids=["in use", "not chosen yet"])
@pytest.mark.parametrize("seed", range(2))
def test_what_is_known_is_what_the_planner_then_plans(pack: str, chosen: str | None, seed: int, actor: Any) -> None:
    """Nothing new happens: day by day the planner makes what was forecast."""
    chance = random.Random(seed)
    for _ in range(12):
        one = car(customer(birthday=date(1990, chance.randint(3, 4), chance.randint(1, 28))))
        one.insurance_until = date(2026, 4, chance.randint(1, 30))
        one.inspection_due = date(2026, 4, chance.randint(1, 30))
        one.save()
        if chance.random() < 0.5:
            deliver(one, f"2026-0{chance.randint(1, 2)}-{chance.randint(1, 28):02}")
        for month in (1, 2):
            day = f"2026-0{month}-{chance.randint(1, 28):02}"
            kind = chance.choice(["repair", "service", "first_service"])
            repair(one, f"{day} 09:00", f"{day} 17:00", kind=kind, mileage=month * chance.randint(500, 5000))
        if chance.random() < 0.5:
            a_lead("lost_list", f"2026-02-{chance.randint(1, 28):02}", customer=one.ownerships.get().customer)
        a_lead("lost_leads", chance.choice(["2026-02-10", "2026-03-01", "2026-03-02"]), imported_at=at(NOW))
    Store.objects.update(closed_days=["2026-03-08", "2026-03-20"])
    planner.plan(at("2026-03-01 12:00"))
    known = told(ask(pack)) if chosen is None else None
    if pack != "changan-dcrc":
        choose_standard(actor("陈雅婷"), pack, version=load_pack(pack).version, now=at(chosen or NOW))
    planner.plan(at(NOW))
    known = known or told(ask(pack))
    for number in range(28):
        planner.plan(at(f"{FIRST + timedelta(days=number)} 23:59"))
    rows = FollowUp.objects.filter(opens__gte=at(f"{FIRST} 00:00"), pack=pack)
    zone = at(NOW).tzinfo
    planned = Counter((row.rule, f"{row.opens.astimezone(zone):%m-%d}") for row in rows)
    assert planned == Counter({(rule, day): n for rule, days in known.items() for day, n in days.items()})
    assert planned


def test_nothing_is_written() -> None:
    for _ in range(3):
        deliver(car(), "2026-03-02")
    planner.plan(at(NOW))
    before = list(FollowUp.objects.values()), list(PlanState.objects.values())
    with CaptureQueriesContext(
        connection,
    ) as captured:
        outlook.outlook(at("2026-03-02 13:00"))
    assert {query["sql"].split()[0] for query in captured.captured_queries} == {"SELECT"}
    assert (list(FollowUp.objects.values()), list(PlanState.objects.values())) == before


# --- beside each other ----------------------------------------------------------------------------
def test_the_capacity_is_open_hours_in_which_one_may_call() -> None:
    """08:30 to 17:30, calls from 09:00: 510 minutes are 56 calls of nine minutes; nobody calls on a closed day."""
    Store.objects.update(opening_hours={"sun": None, "sat": ["08:00", "10:00"]}, closed_days=["2026-03-04"])
    found = forecast([load_pack(name) for name in shipped_packs()], store(), at(NOW), 56)
    told = compare(found, store(), "saic-vw-crc", 28, 2)
    assert told.capacity[:7] == [112, 0, 112, 112, 12, 0, 112]  # Tuesday to Monday
    assert [week.capacity for week in told.weeks] == [460, 572, 572, 572]
    assert (told.first, told.last, told.people) == (FIRST, date(2026, 3, 30), 2)


def test_the_figures_of_a_comparison() -> None:
    for day in (1, 2, 2):
        repair(car(), f"2026-03-0{day} 09:00", f"2026-03-0{day} 17:00")
    planner.marks.adopt()  # type: ignore[attr-defined]
    found = forecast([load_pack(name) for name in shipped_packs()], store(), at(NOW), 56)
    own, chain = compare(found, store(), "aosheng-chain", 28, 1).loads
    assert (own.pack.id, own.total, own.expected, own.messages, own.most, own.most_on) == (
        *("changan-dcrc", 3, 1, 0),
        *(2, FIRST),
    )
    assert (chain.total, chain.expected, chain.messages) == (3, 0, 3)
    assert own.a_day == own.each == 3 / 28
    assert own.over == 0


def test_a_rule_that_one_standard_does_not_have() -> None:
    empty = Forecast(at(NOW), FIRST, 56, 0, {})
    lines = {line.title: line for line in compare(empty, store(), "after-sales-general", 28, 1).rules}
    assert lines["三访"].cells == [("第 1–3 天", 0.0), (None, None)]
    assert lines["第二次跟踪"].cells == [(None, None), ("第 8–14 天", 0.0)]
    assert lines["活动通知"].cells == [(None, None), ("提前 14 天", None)]
    assert lines["投诉结案回访"].cells == [("第 1–3 天", None), (None, None)]
    assert lines["保养提醒"].words[0] == "提前 10–3 天"
    assert lines["生日关怀"].words[0] == "当天"
    assert lines["失联招揽"].words[0] == "当天至第 7 天"


def test_callers_are_those_who_call_and_do_not_lead() -> None:
    assert {one.role for one in callers()} == {"crc_specialist"}


# --- worked out once ------------------------------------------------------------------------------
def test_a_small_store_has_it_at_once_and_a_large_one_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(car(), "2026-03-02")
    planner.plan(at(NOW))
    monkeypatch.setattr(outlook, "AT_ONCE", 0)
    sent: list[int] = []
    monkeypatch.setattr("crm.followups.tasks.work_out_standards.later", lambda: sent.append(1))
    first = outlook.outlook(at(NOW))
    assert (first.forecast, first.total) == (None, PlanState.objects.count())
    assert outlook.outlook(at(NOW)).forecast is None
    assert sent == [1]
    outlook.work_out(at(NOW))
    found = outlook.outlook(at(NOW)).forecast
    assert found is not None
    assert set(found.demands) == set(shipped_packs())
    outlook.forget(at(NOW))
    assert outlook.outlook(at(NOW)).forecast is None
    outlook.forget(at(NOW))


def test_without_a_cache_a_small_store_still_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Down:
        def __getattr__(self, name: str) -> Any:
            raise ConnectionError

    monkeypatch.setattr(outlook, "cache", Down())
    assert outlook.outlook(at(NOW)).forecast is not None

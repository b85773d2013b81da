"""Every KPI equals a count in plain Python, over rows made by chance."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from followups_support import SHANGHAI, car, customer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.checks.models import Check
from crm.complaints.models import Complaint
from crm.customers.models import Customer
from crm.followups.models import Attempt, FollowUp
from crm.leads.models import Lead
from crm.reports.counting import Figure, Filter, by_month, by_person, by_rule, counted, records
from crm.reports.kinds import KINDS
from crm.reports.periods import Month
from crm.store.queries import StoreFacts, store
from crm.surveys.models import Response
from crm.vehicles.models import Delivery, Ownership, RepairOrder
from sanfang.kernel.calendar import add_months
from sanfang.standards.kpis import Kpi, kpis
from sanfang.tenancy.models import Staff
from tenants.models import Tenant

NOW = datetime(2026, 9, 17, 11, 20, tzinfo=SHANGHAI)
MONTHS = Month(date(2026, 9, 1)).trend()[-4:]
RULES = [
    "first-call",
    "third-call",
    "service-reminder",
    *["lost-contact", "complaint-closing"] * 2,
    "lost-list",
    "lost-sale",
]
CONNECTED = {"completed", "call_later", "refused", "moved"}
Row = tuple[UUID, date, UUID | None, str, int, int | None]
pytestmark = pytest.mark.usefixtures("in_chengdu")


class World:
    """Rows of every table that a figure counts, made from one seed, and the same rows to count by hand."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        for model in (Check, Attempt, Response, Complaint, FollowUp, Lead, RepairOrder, Delivery, Ownership):
            model.objects.all().delete()
        self.place = store()
        self.staff: list[Any] = [*Staff.objects.filter(name__in=["李娜", "周思颖"]), None]
        self.cars = [car() for _ in range(4)]
        self.owner = {one.pk: one.ownerships.get().customer for one in self.cars}
        self.customers = [*self.owner.values(), *(customer() for _ in range(2))]
        for one in self.customers:
            one.do_not_call = self.chance(0.25)
            one.save()
            Customer.objects.filter(pk=one.pk).update(created_at=self.moment())
        for _ in range(14):
            self.order()
        for _ in range(4):
            self.delivery()
        for _ in range(5):
            self.lead()
        for _ in range(24):
            self.call()
        for _ in range(4):
            self.complaint()
        for _ in range(6):
            self.response(None)
        self.sell_on()

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def moment(self) -> datetime:
        """At the edges of months and days more often than elsewhere."""
        if self.chance(0.3):
            first = self.dice.choice(MONTHS).first
            edge = datetime(first.year, first.month, 1, tzinfo=SHANGHAI)
            return edge + timedelta(seconds=self.dice.choice([-1, 0, 1]))
        return NOW + timedelta(minutes=self.dice.randint(-60 * 24 * 150, 60 * 24 * 20))

    def order(self) -> None:
        vehicle, opened = self.dice.choice(self.cars), self.moment()
        RepairOrder.objects.create(
            number=f"RO-{self.dice.random()}",
            vehicle=vehicle,
            customer=self.dice.choice([self.owner[vehicle.pk], self.dice.choice(self.customers), None]),
            kind=self.dice.choice(["repair", "service", "first_service", "warranty"]),
            claim=self.dice.choice([None, True, False]),
            opened_at=opened,
            closed_at=self.dice.choice([None, opened + timedelta(hours=self.dice.randint(1, 90))]),
            fault=self.dice.choice(["", "异响", "漏油"]),
            cancelled=self.chance(0.1),
            internal=self.chance(0.1),
            advisor=self.dice.choice(self.staff),
            imported_at=NOW,
        )

    def delivery(self) -> None:
        vehicle = self.dice.choice(self.cars)
        Delivery.objects.create(
            number=f"SO-{self.dice.random()}",
            vehicle=vehicle,
            customer=self.dice.choice([self.owner[vehicle.pk], None]),
            delivered_on=self.dice.choice([None, self.moment().date()]),
            cancelled=self.chance(0.1),
            imported_at=NOW,
        )

    def lead(self) -> None:
        Lead.objects.create(
            kind=self.dice.choice(["lost_leads", "lost_leads", "lost_list"]),
            number=str(self.dice.random()),
            customer=self.dice.choice(self.customers),
            day=self.moment().date(),
            cancelled=self.chance(0.1),
            imported_at=NOW,
        )

    def trigger(self, rule: str) -> tuple[str, str]:
        """Each thing asks for one call of a rule at most."""
        if rule == "lost-sale":
            found, kind = [str(one.pk) for one in Lead.objects.all()], "lost_lead"
        elif rule == "third-call":
            found, kind = [str(one.pk) for one in RepairOrder.objects.all()], "repair_order"
        else:
            found, kind = [], self.dice.choice(["delivery", "repair_order"])
        taken = set(FollowUp.objects.filter(rule=rule).values_list("trigger", flat=True))
        free = [one for one in found if one not in taken]
        return (self.dice.choice(free) if free else str(self.dice.random())), kind

    def call(self) -> None:
        rule, vehicle, due = self.dice.choice(RULES), self.dice.choice(self.cars), self.moment()
        trigger, kind = self.trigger(rule)
        state = self.dice.choice(["open", "completed", "completed", "given_up", "answered", "withdrawn"])
        tried = self.dice.randint(1 if state in {"completed", "given_up"} else 0, 3)
        follow_up = FollowUp.objects.create(
            rule=rule,
            trigger=trigger,
            trigger_kind=kind,
            trigger_on=due.date() - timedelta(days=self.dice.randint(1, 40)),
            customer=self.dice.choice(self.customers),
            vehicle=None if rule in {"lost-list", "lost-sale"} else vehicle,
            channel=self.dice.choice(["phone", "phone", "phone", "visit", "sms"]),
            opens=due - timedelta(days=3),
            due=due,
            state=state,
            attempts=tried,
            assignee=self.dice.choice(self.staff),
            ended_at=due + timedelta(hours=self.dice.randint(-60, 60)) if state in {"completed", "given_up"} else None,
            pack=self.place.pack.id,
            pack_version=self.place.pack.version,
            planned_at=NOW,
        )
        for number in range(1, tried + 1):
            attempt = Attempt.objects.create(
                follow_up=follow_up,
                number=number,
                staff=self.dice.choice(self.staff[:2]),
                at=due - timedelta(hours=4 - number),
                outcome=self.dice.choice(["completed", "no_answer", "busy", "refused", "call_later", "wrong_number"]),
            )
            if self.chance(0.3):
                self.check(attempt)
        if self.chance(0.6):
            self.response(follow_up)

    def check(self, attempt: Attempt) -> None:
        at = self.dice.choice([None, self.moment()])
        Check.objects.create(
            attempt=attempt,
            staff=attempt.staff,
            drawn_of=date(2026, 9, 1),
            seed=0,
            drawn_by=attempt.staff,
            drawn_at=NOW,
            checked_at=at,
            passed=None if at is None else self.chance(0.5),
        )

    def response(self, follow_up: FollowUp | None) -> None:
        asked = ["overall", "advisor", "explanation", "showroom", "consultant", "opinion"]
        Response.objects.create(
            customer=self.dice.choice(self.customers),
            pack=self.place.pack.id,
            pack_version=self.place.pack.version,
            questionnaire=self.dice.choice(["service-callback", "sales-callback", "second-call"]),
            source="call",
            follow_up_id=follow_up.pk if follow_up else None,
            by=self.dice.choice(self.staff),
            at=self.moment(),
            answers={
                name: {"value": self.dice.choice([None, 1, 3, 4, 5, "文字", True]), "reasons": []}
                for name in asked
                if self.chance(0.7)
            },
        )

    def complaint(self) -> None:
        at = self.moment()
        contacted = self.dice.choice([None, at + timedelta(minutes=self.dice.randint(1, 300))])
        Complaint.objects.create(
            number=str(self.dice.random())[:20],
            title="投诉",
            channel="callback",
            customer=self.dice.choice(self.customers),
            registered_at=at,
            contact_minutes=120,
            contact_due=at + timedelta(minutes=120),
            contacted_at=contacted,
            contacted_by=self.dice.choice(self.staff) if contacted else None,
        )

    def sell_on(self) -> None:
        for vehicle in self.cars[:2]:
            day = self.moment().date()
            own = Ownership.objects.get(vehicle=vehicle)
            own.until = day
            own.save()
            Ownership.objects.create(vehicle=vehicle, customer=self.dice.choice(self.customers), since=day)


def day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


def last_caller(call: FollowUp) -> UUID | None:
    made = Attempt.objects.filter(follow_up=call).order_by("-number").first() if call.attempts else None
    return made.staff_id if made else call.assignee_id


def due_calls(params: Any) -> Iterator[FollowUp]:
    for call in FollowUp.objects.filter(rule__in=params["rules"]).select_related("customer"):
        counts = call.channel != "sms" and call.state in {"open", "completed", "given_up"} and call.due < NOW
        if counts and not (call.state == "open" and not call.attempts and call.customer.do_not_call):
            yield call


def calls(params: Any) -> Iterator[Row]:
    for call in due_calls(params):
        match params["hit"]:
            case "attempted":
                hit = call.attempts > 0
            case "completed":
                hit = call.state == "completed"
            case "in_time":
                hit = call.state == "completed" and call.ended_at is not None and call.ended_at <= call.due
            case _:
                hit = any(one.outcome in CONNECTED for one in call.tries.all())
        yield call.pk, day(call.due), last_caller(call), call.rule, int(hit), 1


def checks(params: Any) -> Iterator[Row]:
    for one in Check.objects.select_related("attempt__follow_up"):
        if one.checked_at is not None and one.checked_at <= NOW:
            yield one.pk, day(one.checked_at), one.staff_id, one.attempt.follow_up.rule, int(bool(one.passed)), 1


def good_orders() -> list[RepairOrder]:
    return [one for one in RepairOrder.objects.all() if not one.cancelled and not one.internal]


def recall(params: Any) -> Iterator[Row]:
    for call in FollowUp.objects.filter(rule__in=params["rules"], trigger_kind=params["trigger"]):
        if call.state == "withdrawn" or call.due >= NOW:
            continue
        latest = min(call.due + timedelta(days=params["within_days"]), NOW)
        came = any(
            order.vehicle_id == call.vehicle_id
            and order.kind in {"service", "first_service"}
            and day(order.opened_at) > call.trigger_on
            and order.opened_at <= latest
            for order in good_orders()
        )
        yield call.pk, day(call.due), last_caller(call), call.rule, int(came), 1


def recovered(params: Any) -> Iterator[Row]:
    won: dict[UUID, tuple[datetime, FollowUp, RepairOrder]] = {}
    for call in FollowUp.objects.filter(rule__in=params["rules"], state="completed"):
        assert call.ended_at is not None
        later = [
            order
            for order in good_orders()
            if order.opened_at > call.ended_at
            and (order.vehicle_id == call.vehicle_id if call.vehicle_id else order.customer_id == call.customer_id)
        ]
        if not later:
            continue
        order = min(later, key=lambda one: (one.opened_at, one.pk))
        if order.opened_at > call.ended_at + timedelta(days=params["within_days"]) or order.opened_at > NOW:
            continue
        if order.pk not in won or call.ended_at > won[order.pk][0]:
            won[order.pk] = call.ended_at, call, order
    for _at, call, order in won.values():
        yield order.pk, day(order.opened_at), last_caller(call), call.rule, 1, None


def leads(params: Any) -> Iterator[Row]:
    for lead in Lead.objects.filter(kind="lost_leads", cancelled=False):
        if lead.day > day(NOW):
            continue
        call = FollowUp.objects.filter(trigger=str(lead.pk), rule__in=params["rules"]).first()
        called = int(call is not None and call.attempts > 0)
        yield lead.pk, lead.day, last_caller(call) if call else None, call.rule if call else "", called, 1


def warranty(params: Any) -> Iterator[Row]:
    for order in good_orders():
        if order.closed_at is None or order.closed_at > NOW or not (order.kind == "warranty" or order.claim):
            continue
        if day(order.closed_at) < store().go_live:
            continue
        call = FollowUp.objects.filter(trigger=str(order.pk), rule__in=params["rules"]).first()
        if call is not None and call.state == "open" and call.due >= NOW:
            continue
        done = int(call is not None and call.state == "completed")
        yield order.pk, day(order.closed_at), last_caller(call) if call else None, call.rule if call else "", done, 1


def said(params: Any) -> Iterator[tuple[Response, list[int], str]]:
    for one in Response.objects.filter(questionnaire__in=params["questionnaires"]):
        given = [one.answers.get(name, {}).get("value") for name in params["questions"]]
        numbers = [value for value in given if type(value) is int]
        call = FollowUp.objects.filter(pk=one.follow_up_id).first() if one.follow_up_id else None
        if numbers and one.at <= NOW:
            yield one, numbers, call.rule if call else ""


def share(params: Any) -> Iterator[Row]:
    for one, numbers, rule in said(params):
        good = sum(value >= params["at_least"] for value in numbers)
        yield one.pk, day(one.at), one.by_id, rule, good, len(numbers)


def mean(params: Any) -> Iterator[Row]:
    for one, numbers, rule in said(params):
        yield one.pk, day(one.at), one.by_id, rule, sum(numbers), 5 * len(numbers)


def contacts(params: Any) -> Iterator[Row]:
    for one in Complaint.objects.all():
        if one.registered_at > NOW or (one.contacted_at is None and one.contact_due >= NOW):
            continue
        good = one.contacted_at is not None and one.contacted_at <= one.contact_due
        yield one.pk, day(one.registered_at), one.contacted_by_id, "", int(good), 1


def repeat(params: Any) -> Iterator[Row]:
    repairs = [one for one in good_orders() if one.kind in {"repair", "warranty"}]
    for order in repairs:
        if order.closed_at is None or order.closed_at > NOW:
            continue
        earliest = order.opened_at - timedelta(days=params["within_days"])
        again = any(
            one.vehicle_id == order.vehicle_id
            and one.pk != order.pk
            and one.fault == order.fault != ""
            and one.opened_at < order.opened_at
            and one.closed_at is not None
            and earliest <= one.closed_at <= order.opened_at
            for one in repairs
        )
        yield order.pk, day(order.closed_at), order.advisor_id, "", int(again), 1


def files(params: Any) -> Iterator[Row]:
    first: dict[UUID, date] = {}
    for order in good_orders():
        if order.customer_id and order.opened_at <= NOW:
            on = day(order.opened_at)
            first[order.customer_id] = min(on, first.get(order.customer_id, on))
    for one in Delivery.objects.filter(cancelled=False, internal=False, customer__isnull=False):
        if one.delivered_on and one.customer_id:
            first[one.customer_id] = min(one.delivered_on, first.get(one.customer_id, one.delivered_on))
    for who in Customer.objects.filter(pk__in=first):
        if store().go_live <= first[who.pk] <= day(NOW):
            quick = day(who.created_at) <= first[who.pk] + timedelta(days=params["within_days"])
            yield who.pk, first[who.pk], None, "", int(quick), 1


def owners(params: Any) -> Iterator[Row]:
    for month in MONTHS:
        since = add_months(month.last, -params["months"])
        active: set[UUID] = set()
        for own in Ownership.objects.filter(since__lte=month.last):
            if own.until is not None and own.until <= month.last:
                continue
            days = [day(one.opened_at) for one in good_orders() if one.vehicle_id == own.vehicle_id]
            given = Delivery.objects.filter(vehicle=own.vehicle_id, cancelled=False, internal=False)
            days += [one.delivered_on for one in given if one.delivered_on]
            if any(since < on <= month.last for on in days):
                active.add(own.customer_id)
        for who in active:
            yield who, month.last, None, "", 1, None


BY_HAND: dict[str, Callable[[Any], Iterator[Row]]] = {
    "calls": calls,
    "checks": checks,
    "recall": recall,
    "recovered": recovered,
    "leads": leads,
    "warranty": warranty,
    "share": share,
    "mean": mean,
    "contacts": contacts,
    "repeat": repeat,
    "files": files,
    "owners": owners,
}


def summed(rows: list[Row]) -> Figure:
    wholes = [row[5] for row in rows if row[5] is not None]
    return Figure(sum(row[4] for row in rows), sum(wholes) if wholes else None, len(rows))


def inside(month: Month, rows: list[Row]) -> list[Row]:
    return [row for row in rows if month.first <= row[1] <= month.last]


def check_kpi(kpi: Kpi, place: StoreFacts, found: dict[tuple[str, int], Figure], world: World) -> None:
    """Every month; of one of them also by person, by rule of one person, and record by record."""
    people, closer = world.staff, world.dice.randrange(len(MONTHS))
    rows = list(BY_HAND[kpi.kind](kpi.params))
    for position, month in enumerate(MONTHS):
        theirs = inside(month, rows)
        assert found.get((kpi.id, position)) == (summed(theirs) if theirs else None), (kpi.id, month.key)
        if position != closer:
            continue
        by_hand: dict[Any, list[Row]] = defaultdict(list)
        for row in theirs:
            by_hand[row[2]].append(row)
        persons = by_person(kpi, month, place, NOW, Filter())
        assert persons == {key: summed(some) for key, some in by_hand.items()}, (kpi.id, month.key)
        rules = by_rule(kpi, month, place, NOW, Filter(staff=people[0].pk if people[0] else None))
        of_one = [row for row in theirs if row[2] == (people[0].pk if people[0] else None)]
        assert rules == {rule: summed([r for r in of_one if r[3] == rule]) for rule in {r[3] for r in of_one}}, kpi.id
        listed = records(kpi, month, place, NOW, Filter(), missed=False, most=1000)
        assert sorted((r.id, r.day, r.staff, r.rule, r.part, r.whole) for r in listed) == sorted(theirs), kpi.id
        missed = records(kpi, month, place, NOW, Filter(), missed=True, most=1000)
        assert {r.id for r in missed} == {r[0] for r in theirs if r[5] is not None and r[4] < r[5]}, kpi.id


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.integers(0, 10**6))
def test_every_kpi_equals_a_count_by_hand(in_chengdu: Tenant, seed: int) -> None:
    world = World(seed)
    wanted = counted(kpis())
    found = by_month(wanted, MONTHS, world.place, NOW)
    for kpi in wanted:
        check_kpi(kpi, world.place, found, world)


def test_every_kind_is_counted_by_hand_too() -> None:
    assert set(BY_HAND) == set(KINDS)
    assert {kpi.kind for kpi in kpis().values()} - {"later"} == set(KINDS)

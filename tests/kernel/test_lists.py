"""List entries against a second, slow reading: minute by minute, who has come and who is here."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sanfang.kernel.batch import replay
from sanfang.kernel.calendar import StoreCalendar
from sanfang.kernel.events import Customer, Events, ListEntry, OrderKind, RepairOrder, Vehicle
from sanfang.kernel.rules import Channel, OnList, Ruleset, Window

STORE = StoreCalendar(ZoneInfo("Asia/Shanghai"))
RULES = Ruleset((OnList(id="lost-list", channel=Channel.PHONE, window=Window(1, 3)),), minimum_reading_days=30)
START = STORE.start_of(date(2024, 5, 6))
HOURS = 6 * 24
hours = st.integers(0, HOURS)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour, minutes=30)  # 08:30 is among them


@st.composite
def visits(draw: st.DrawFn) -> tuple[RepairOrder, ...]:
    found = []
    for n in range(draw(st.integers(0, 4))):
        opened = draw(hours)
        stays = draw(st.none() | st.integers(0, 40))
        closed = None if stays is None else at(opened + stays)
        found.append(RepairOrder(f"R{n}", draw(st.sampled_from(["V1", "V2"])), at(opened), closed, OrderKind.REPAIR))
    return tuple(found)


def slow(entry: ListEntry, orders: tuple[RepairOrder, ...], until: datetime) -> str | None:
    """The state of the entry's call, or None where there is none, by walking through the hours."""
    opens = STORE.opening(STORE.day_of(entry.at) + timedelta(days=1))
    state: str | None = None
    for hour in range(HOURS + 100):
        now = at(hour)
        if now > until:
            break
        if now == opens:
            inside: set[RepairOrder] = set()
            for order in sorted(orders, key=lambda one: one.opened):
                if order.opened >= now:
                    continue
                if order.closed is not None and order.closed <= now:
                    inside = {one for one in inside if one.vin != order.vin or one.opened >= order.opened}
                else:
                    inside.add(order)
            if not inside:
                state = "open"
        came = [order for order in orders if order.opened == now and order.opened >= entry.at]
        if came and now < opens:
            return None
        if came and state == "open":
            state = "answered_by_visit"
    return state


@settings(max_examples=300, deadline=None)
@given(visits(), hours, hours)
def test_list_entries_equal_a_walk_through_the_hours(orders: tuple[RepairOrder, ...], hour: int, last: int) -> None:
    entry, until = ListEntry("W1", "C1", at(hour)), at(last)
    events = Events(
        customers=(Customer("C1"),),
        vehicles=(Vehicle("V1", "C1"), Vehicle("V2", "C1")),
        orders=orders,
        entries=(entry,),
    )
    made = replay(RULES, STORE, events, until).made
    assert [followup.state.value for followup in made] == [
        state for state in [slow(entry, orders, until)] if state is not None
    ]
    # What is found once stays when nothing more is known of.
    later = replay(RULES, STORE, events, until + timedelta(days=9)).made
    assert {followup.opens for followup in made} <= {followup.opens for followup in later}

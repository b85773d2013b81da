"""What must hold of every replay, whatever happened."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from kernel.worlds import EVERY_KIND, World, known_by, worlds

from sanfang.kernel.batch import by_due, replay
from sanfang.kernel.events import Events
from sanfang.kernel.followups import FollowUp, Replay, State

Value = TypeVar("Value")
EXAMPLES = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def asked(world: World) -> Replay:
    return replay(EVERY_KIND, world.calendar, world.events, world.until)


def key(followup: FollowUp) -> tuple[str, str, str]:
    return followup.rule, followup.kind, followup.trigger


@EXAMPLES
@given(worlds())
def test_never_two_follow_ups_for_one_rule_and_trigger(world: World) -> None:
    found = asked(world)
    keys = [key(followup) for followup in found.made + found.coming]
    assert len(keys) == len(set(keys))


@EXAMPLES
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(world: World, chance: random.Random) -> None:
    def shuffled(values: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple(chance.sample(values, len(values)))

    events = world.events
    vehicles = [replace(one, inspection_due=shuffled(one.inspection_due)) for one in events.vehicles]
    complaints = [replace(one, solved=shuffled(one.solved)) for one in events.complaints]
    mixed = Events(
        customers=shuffled(events.customers),
        vehicles=shuffled(tuple(vehicles)),
        deliveries=shuffled(events.deliveries),
        orders=shuffled(events.orders),
        complaints=shuffled(tuple(complaints)),
        outcomes=shuffled(events.outcomes),
    )
    assert asked(replace(world, events=mixed)) == asked(world)
    assert asked(world) == asked(world)


@EXAMPLES
@given(worlds())
def test_what_happens_later_changes_nothing_now(world: World) -> None:
    assert asked(replace(world, events=known_by(world.events, world.until))) == asked(world)


@EXAMPLES
@given(worlds())
def test_each_vehicle_and_customer_alone_gives_the_same_as_all_together(world: World) -> None:
    events = world.events
    owners = {vehicle.vin: vehicle.customer for vehicle in events.vehicles}
    made: list[FollowUp] = []
    coming: list[FollowUp] = []
    for vehicle in events.vehicles:
        alone = Events(
            vehicles=(vehicle,),
            deliveries=tuple(delivery for delivery in events.deliveries if delivery.vin == vehicle.vin),
            orders=tuple(order for order in events.orders if order.vin == vehicle.vin),
            outcomes=events.outcomes,
        )
        part = asked(replace(world, events=alone))
        made += part.made
        coming += part.coming
    for customer in events.customers:
        touched = [delivery.at for delivery in events.deliveries if owners[delivery.vin] == customer.id]
        touched += [order.opened for order in events.orders if owners[order.vin] == customer.id]
        alone = Events(
            customers=(replace(customer, first_event=min(touched, default=None)),),
            complaints=tuple(complaint for complaint in events.complaints if complaint.customer == customer.id),
            outcomes=events.outcomes,
        )
        part = asked(replace(world, events=alone))
        made += part.made
        coming += part.coming
    whole = asked(world)
    assert sorted(made, key=by_due) == whole.made
    assert sorted(coming, key=by_due) == whole.coming


@EXAMPLES
@given(worlds(), st.integers(0, 200 * 24 * 60))
def test_what_is_made_stays_and_what_is_ended_stays_ended(world: World, minutes: int) -> None:
    # The birthday of a customer without events is asked for in the year of `until` only.
    world = replace(world, events=replace(world.events, customers=()))
    complaints = replace(world.events, complaints=())
    world = replace(world, events=complaints)
    later = {
        key(followup): followup
        for followup in asked(replace(world, until=world.until + timedelta(minutes=minutes))).made
    }
    for followup in asked(world).made:
        then = later[key(followup)]
        assert (then.opens, then.due) == (followup.opens, followup.due)
        if followup.state is not State.OPEN:
            assert then == followup


@EXAMPLES
@given(worlds())
def test_nothing_changes_before_the_next_opening_when_nothing_happens(world: World) -> None:
    world = replace(world, events=known_by(world.events, world.until))
    found = asked(world)
    assume(found.next_opens is not None)
    assert found.next_opens is not None
    assert found.next_opens > world.until
    shortly_before = found.next_opens - timedelta.resolution
    if world.calendar.day_of(shortly_before).year == world.calendar.day_of(world.until).year:
        assert asked(replace(world, until=shortly_before)).made == found.made
        opened = {key(followup) for followup in asked(replace(world, until=found.next_opens)).made}
        awaited = {key(followup) for followup in found.coming if followup.opens == found.next_opens}
        assert opened == awaited | {key(followup) for followup in found.made}


@EXAMPLES
@given(worlds())
def test_every_window_opens_and_closes_with_the_store(world: World) -> None:
    for followup in asked(world).made:
        assert followup.opens <= followup.due
        if followup.rule == "care-sms":
            assert followup.due - followup.opens == timedelta(minutes=30)
            continue
        opening, closing = world.calendar.day_of(followup.opens), world.calendar.day_of(followup.due)
        assert followup.opens == world.calendar.opening(opening)
        assert followup.due == world.calendar.closing(closing)
        assert followup.opens <= world.until

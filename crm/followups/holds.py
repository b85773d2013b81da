"""One customer, one caller: who has whom, since when (handbook §3, rules of calling)."""

from datetime import datetime
from uuid import UUID

from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.db.models.functions import Coalesce

from crm.followups.contact_words import held as held_by
from crm.followups.models import Hold
from crm.store.queries import StoreFacts
from sanfang.kernel.errors import Conflict
from sanfang.kernel.permissions import Actor


def take(
    actor: Actor,
    customer_id: UUID,
    place: StoreFacts,
    now: datetime,
    *,
    take_over: bool = False,
    begun: bool = False,
) -> Hold:
    """The customer is ``actor``'s until the store's time for it has passed without a sign of life.

    Raises :class:`Conflict` with the holder's name when somebody else has them. Of two who ask at once one
    gets the row: the update waits for the other's, and the insert finds the place taken. ``begun`` is
    written down with the first moment at which it was so; a new hold begins with nothing begun and no number shown.
    """
    mine, over = Q(staff_id=actor.staff_id), Q(until__lte=now)
    held = Hold.objects.filter(customer_id=customer_id)
    free = held if take_over else held.filter(mine | over)
    until = now + place.hold
    started = now if begun else None
    fresh = Hold(customer_id=customer_id, staff_id=actor.staff_id, since=now, until=until, begun_at=started)
    kept = mine & Q(until__gt=now)
    first = {
        "since": Case(When(kept, then=F("since")), default=now),
        "begun_at": Case(When(kept, then=Coalesce(F("begun_at"), _moment(started))), default=_moment(started)),
        "revealed_at": Case(When(kept, then=F("revealed_at")), default=_moment(None)),
        "revealed_as": Case(When(kept, then=F("revealed_as")), default=Value("")),
    }
    if not free.update(staff_id=actor.staff_id, until=until, **first):
        Hold.objects.bulk_create([fresh], ignore_conflicts=True)
    hold = held.select_related("staff").get()
    if hold.staff_id != actor.staff_id:
        raise Conflict(held_by(hold.staff.name, hold.since, place.calendar), code="held")
    return hold


def _moment(value: datetime | None) -> Value:
    return Value(value, output_field=DateTimeField())


def let_go(actor: Actor, customer_id: UUID) -> None:
    """Gives the customer back, if ``actor`` has them."""
    Hold.objects.filter(customer_id=customer_id, staff_id=actor.staff_id).delete()


def let_go_unless_begun(actor: Actor, customer_id: UUID) -> None:
    """Likewise, but somebody who was rung up or written about stays with whoever did."""
    Hold.objects.filter(customer_id=customer_id, staff_id=actor.staff_id, begun_at=None).delete()


def let_all_go(actor: Actor) -> None:
    Hold.objects.filter(staff_id=actor.staff_id).delete()

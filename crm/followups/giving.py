"""One colleague hands the customer they have in hand on to another."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from crm.followups.assigning import check_caller
from crm.followups.models import Hold
from crm.followups.policy import callbacks
from crm.store.queries import store
from sanfang.kernel.errors import Conflict
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.models import Staff


@transaction.atomic
def give(actor: Actor, customer_id: UUID, to: UUID, *, now: datetime) -> None:
    """The customer is ``to``'s from now on, with nothing begun and no number shown; drafts stay with their calls.

    Raises :class:`Conflict` when ``actor`` doesn't have them any more.
    """
    callbacks.require(actor, "make")
    check_caller(Staff.objects.get(pk=to))
    held = Hold.objects.filter(customer_id=customer_id, staff_id=actor.staff_id, until__gt=now)
    given = held.update(
        staff_id=to, since=now, until=now + store().hold, begun_at=None, revealed_at=None, revealed_as=""
    )
    if not given:
        raise Conflict(_("客户已经不在您手里了，请刷新页面。"), code="not_held")


def holder_of(customer_id: UUID, now: datetime) -> UUID | None:
    """Whom the customer is with now."""
    held = Hold.objects.filter(customer_id=customer_id, until__gt=now)
    return held.values_list("staff_id", flat=True).first()

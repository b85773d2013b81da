"""What people do about doubles, and what neighbours tell: something has changed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.doubles import tasks
from crm.doubles.merging import Apart, merge, take_apart
from crm.doubles.models import Pair
from crm.doubles.policy import doubles
from sanfang.audit.actions import record_event
from sanfang.kernel.errors import Conflict
from sanfang.kernel.permissions import Actor

__all__ = ["Apart", "look_again", "look_now", "merge", "set_apart", "take_apart"]


def look_again() -> None:
    """Customers have changed: the list is brought up to date in the background."""
    tasks.find.later()


def look_now(actor: Actor) -> None:
    """Somebody wants the list brought up to date."""
    doubles.require(actor, "decide")
    tasks.find.later()


@transaction.atomic
def set_apart(actor: Actor, pair: Pair, *, now: datetime) -> None:
    """They are two people: it isn't asked again."""
    doubles.require(actor, "decide")
    rows = Pair.objects.filter(pk=pair.pk, state=Pair.State.FOUND)
    if not rows.update(state=Pair.State.DIFFERENT, by_id=actor.staff_id, at=now):
        raise Conflict(_("同事已经处理了这一对，请刷新页面。"), code="decided")
    record_event(actor, pair, "customer.different", now)

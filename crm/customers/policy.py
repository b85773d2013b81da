"""Who may see and do what with customers' data."""

from dataclasses import dataclass

from django.db.models import QuerySet

from crm.customers.models import Customer, TrackingItem
from sanfang.kernel.errors import Forbidden
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.policies import Policy

customers = Policy(
    Customer,
    {
        "see": "customer.see",
        "reveal": "customer.reveal",
        "edit": "customer.edit",
        # Whoever has to phone about a complaint needs the number of that one customer.
        "reveal_for_complaint": "complaint.handle",
        "report": "callback.make",
    },
)

SEE_ALL, SEE_OWN = "tracking.see", "tracking.own"


def _own(actor: Actor, rows: QuerySet[TrackingItem]) -> QuerySet[TrackingItem]:
    return rows if actor.may(SEE_ALL) else rows.filter(owner_id=actor.staff_id)


@dataclass(frozen=True)
class TrackingPolicy(Policy[TrackingItem]):
    """Advisors and consultants see and correct what they were named for; the others see every item."""

    def may(self, actor: Actor, verb: str) -> bool:
        return super().may(actor, verb) or (verb == "see" and actor.may(SEE_OWN))

    def require(self, actor: Actor, verb: str) -> None:
        if not self.may(actor, verb):
            raise Forbidden(self.verbs[verb])

    def require_for(self, actor: Actor, item: TrackingItem, verb: str) -> None:
        """For an item at hand: the capability, and that the item is the actor's to touch."""
        self.require(actor, verb)
        if not actor.may(SEE_ALL) and item.owner_id != actor.staff_id:
            raise Forbidden(f"{verb} TrackingItem {item.pk}")


tracking = TrackingPolicy(
    TrackingItem, {"see": SEE_ALL, "correct": "tracking.correct", "verify": "tracking.close"}, scope=_own
)

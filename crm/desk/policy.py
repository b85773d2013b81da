"""Who may see and change saved views, and who may ask a colleague for a customer."""

from django.db.models import Q, QuerySet

from crm.desk.models import HandoverRequest, SavedView
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.policies import Policy


def _mine_and_shared(actor: Actor, rows: QuerySet[SavedView]) -> QuerySet[SavedView]:
    return rows.filter(Q(owner_id=actor.staff_id) | Q(shared=True))


def _between(actor: Actor, rows: QuerySet[HandoverRequest]) -> QuerySet[HandoverRequest]:
    return rows.filter(Q(asked_by_id=actor.staff_id) | Q(holder_id=actor.staff_id))


saved_views = Policy(
    SavedView, {"see": "callback.see", "save": "callback.see", "lock": "callback.assign"}, scope=_mine_and_shared
)
handovers = Policy(
    HandoverRequest, {"see": "callback.make", "ask": "callback.make", "answer": "callback.make"}, scope=_between
)

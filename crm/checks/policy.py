"""Who may draw and judge calls. A specialist sees the results of their own calls, once there is one."""

from dataclasses import dataclass

from django.db.models import QuerySet

from crm.checks.models import Check
from sanfang.kernel.errors import Forbidden
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.policies import Policy

SEE_ALL, SEE_OWN = "check.see", "check.own"


def _own(actor: Actor, rows: QuerySet[Check]) -> QuerySet[Check]:
    return rows if actor.may(SEE_ALL) else rows.filter(staff_id=actor.staff_id, checked_at__isnull=False)


@dataclass(frozen=True)
class CheckPolicy(Policy[Check]):
    def may(self, actor: Actor, verb: str) -> bool:
        return super().may(actor, verb) or (verb == "see" and actor.may(SEE_OWN))

    def require(self, actor: Actor, verb: str) -> None:
        if not self.may(actor, verb):
            raise Forbidden(self.verbs[verb])


checks = CheckPolicy(Check, {"see": SEE_ALL, "draw": "check.make", "record": "check.make"}, scope=_own)

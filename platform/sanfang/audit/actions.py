from datetime import datetime
from typing import Any

from sanfang.audit.models import Access, Event
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.models import TenantModel


def record_access(
    actor: Actor, thing: TenantModel, what: str, now: datetime, *, reason: str = "", address: str | None = None
) -> None:
    """Writes down that ``actor`` saw ``what`` of ``thing`` in clear. Call it before showing."""
    Access.objects.create(
        at=now,
        staff_id=actor.staff_id,
        what=what,
        model=thing._meta.db_table,
        object=thing.pk,
        reason=reason,
        address=address,
    )


def record_event(actor: Actor | None, thing: TenantModel, kind: str, now: datetime, **data: Any) -> None:
    """Writes down what happened, in the transaction of the change itself."""
    Event.objects.create(
        at=now,
        staff_id=actor.staff_id if actor else None,
        kind=kind,
        model=thing._meta.db_table,
        object=thing.pk,
        data=data,
    )

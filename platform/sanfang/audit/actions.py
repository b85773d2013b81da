from collections.abc import Iterable, Mapping
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


def record_events(
    actor: Actor | None, things: Iterable[tuple[TenantModel, Mapping[str, Any]]], kind: str, now: datetime
) -> None:
    """As :func:`record_event`, for many things at once, each with its own words."""
    Event.objects.bulk_create(
        [
            Event(
                at=now,
                staff_id=actor.staff_id if actor else None,
                kind=kind,
                model=thing._meta.db_table,
                object=thing.pk,
                data=dict(data),
            )
            for thing, data in things
        ],
        batch_size=1000,
    )


def record_accesses(
    actor: Actor, things: Iterable[TenantModel], what: str, now: datetime, *, reason: str, address: str | None = None
) -> None:
    """As :func:`record_access`, for a list that leaves the product: one line for each thing in it."""
    Access.objects.bulk_create(
        [
            Access(
                at=now,
                staff_id=actor.staff_id,
                what=what,
                model=thing._meta.db_table,
                object=thing.pk,
                reason=reason,
                address=address,
            )
            for thing in things
        ],
        batch_size=1000,
    )

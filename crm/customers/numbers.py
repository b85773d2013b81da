"""Which number a customer is reached on, which never again, and who has called since it was corrected."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef

from crm.customers.models import Customer, MobileState, TrackingItem
from sanfang.audit.models import Access
from sanfang.kernel.permissions import Actor


def number_to_dial(customer: Customer) -> str:
    """The mobile, unless it is known to be wrong; then the landline likewise; empty when there is neither."""
    if customer.mobile and customer.mobile_state != MobileState.WRONG:
        return customer.mobile
    return "" if is_wrong(customer.pk, customer.landline) else customer.landline


def without_number(customers: Collection[Customer]) -> set[UUID]:
    """Those for whom :func:`number_to_dial` has nothing. One statement, or none where all have a mobile."""
    doubtful = [one for one in customers if not one.mobile or one.mobile_state == MobileState.WRONG]
    if not doubtful:
        return set()
    wrong = TrackingItem.objects.filter(customer__in=doubtful, field=TrackingItem.Field.MOBILE)
    known = set(wrong.values_list("customer_id", "wrong_value"))
    return {one.pk for one in doubtful if not one.landline or (one.pk, one.landline) in known}


def is_wrong(customer_id: UUID, number: str) -> bool:
    """Whether ``number`` was once reported as not this customer's."""
    return TrackingItem.objects.filter(
        customer_id=customer_id, field=TrackingItem.Field.MOBILE, wrong_value=number
    ).exists()


def landline_is_wrong() -> Exists:
    """Of rows of customers: their landline was once reported as not theirs."""
    reported = TrackingItem.objects.filter(field=TrackingItem.Field.MOBILE, wrong_value=OuterRef("landline"))
    return Exists(reported.filter(customer=OuterRef("pk")).exclude(wrong_value=""))


def has_dialled(actor: Actor, item: TrackingItem) -> bool:
    """Whether ``actor`` may know that the correction is right: nobody can dial where there is no number."""
    return item.pk in dialled_by(actor, [item]) or not number_to_dial(item.customer)


def dialled_by(actor: Actor, items: Collection[TrackingItem]) -> set[UUID]:
    """Those of the items whose customer's number ``actor`` has looked up since the correction. One statement."""
    looks = Access.objects.filter(
        staff=actor.staff_id,
        model=Customer._meta.db_table,
        object=OuterRef("customer_id"),
        at__gte=OuterRef("corrected_at"),
    )
    return set(
        TrackingItem.objects.filter(Exists(looks), pk__in=[one.pk for one in items]).values_list("pk", flat=True)
    )

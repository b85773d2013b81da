"""Which number a customer is reached on, and which never again."""

from uuid import UUID

from crm.customers.models import Customer, MobileState, TrackingItem


def number_to_dial(customer: Customer) -> str:
    """The mobile, unless it is known to be wrong; then the landline likewise; empty when there is neither."""
    if customer.mobile and customer.mobile_state != MobileState.WRONG:
        return customer.mobile
    return "" if is_wrong(customer.pk, customer.landline) else customer.landline


def is_wrong(customer_id: UUID, number: str) -> bool:
    """Whether ``number`` was once reported as not this customer's."""
    return TrackingItem.objects.filter(
        customer_id=customer_id, field=TrackingItem.Field.MOBILE, wrong_value=number
    ).exists()

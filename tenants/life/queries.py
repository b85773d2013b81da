"""Questions about tenants that have left."""

from datetime import date

from tenants.life.models import Departure
from tenants.models import Tenant


def protected_until(tenant: Tenant) -> date | None:
    """The day until which the data of a tenant that has left are kept; None if it hasn't. Asked at the door."""
    row = Departure.objects.filter(tenant=tenant).values_list("protected_until", flat=True)
    return row.first()

"""Rows of the lists that something can be done with; each builder gives the id of a fresh one."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from followups_support import customer

from crm.complaints.models import Complaint
from crm.customers.models import Customer, TrackingItem
from sanfang.audit.models import Access
from sanfang.kernel.ids import uuid7
from sanfang.tenancy.models import Staff

RIGHT = "15400000001"


def a_complaint() -> UUID:
    return Complaint.objects.create(
        number=f"TS{uuid7().hex[-12:]}",
        title="空调异响未修好",
        channel="hotline",
        customer=customer(),
        registered_at=timezone.now(),
        contact_minutes=120,
        contact_due=timezone.now() + timedelta(hours=2),
    ).pk


def wrong_data(owner: str = "", state: str = "open") -> UUID:
    """A wrong mobile on its way to being right; ``owner`` is who has to correct it."""
    staff = Staff.objects.filter(name=owner).first() or Staff.objects.order_by("pk")[0]
    found = {"found_by": staff, "found_at": timezone.now(), "owner": staff}
    return TrackingItem.objects.create(
        customer=customer(), field="mobile", wrong_value="15400000000", state=state, corrected_value=RIGHT, **found
    ).pk


def dialled_data(person: str = "") -> UUID:
    """Corrected data whose customer ``person`` has called since."""
    pk = corrected_data()
    staff = Staff.objects.filter(name=person).first() or Staff.objects.order_by("pk")[0]
    customer_id = TrackingItem.objects.get(pk=pk).customer_id
    Access.objects.create(
        at=timezone.now(), staff=staff, what="mobile", model=Customer._meta.db_table, object=customer_id
    )
    return pk


def corrected_data() -> UUID:
    pk = wrong_data(state="corrected")
    TrackingItem.objects.filter(pk=pk).update(corrected_at=timezone.now())
    Customer.objects.filter(tracking_items=pk).update(mobile=RIGHT)
    return pk

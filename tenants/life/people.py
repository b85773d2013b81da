"""Who works at a restored tenant: today's people, whatever the backup says (ADR 0014)."""

from sanfang.tenancy.context import door, inside
from sanfang.tenancy.models import Staff
from tenants.actions import add_member
from tenants.models import Tenant


def staff_of_today(tenant: Tenant) -> None:
    """Each live membership has its staff row, and nobody else is on duty with an account. Touches what differs only."""
    with door():
        live = {one.user_id: one for one in tenant.memberships.filter(ended_at__isnull=True).select_related("user")}
    with inside(tenant):
        known = {one.user_id: one for one in Staff.objects.filter(user_id__isnull=False)}
        left = [one.pk for user_id, one in known.items() if one.active and user_id not in live]
        if left:
            Staff.objects.filter(pk__in=left).update(active=False)
    for user_id, membership in live.items():
        row = known.get(user_id)
        if row is None or (row.role, row.active, row.pk) != (membership.role, True, membership.staff_id):
            add_member(tenant, membership.user, membership.role, region=membership.region)

"""Verbs on people and memberships, done at the door."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from sanfang.kernel.errors import DomainError, Forbidden, NotFound
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import door, inside
from sanfang.tenancy.models import Staff
from tenants.life.suspending import resume as resume
from tenants.life.suspending import suspend as suspend
from tenants.models import Kind, Membership, State, Tenant, User
from tenants.policy import may_remove
from tenants.roles import roles


def add_member(tenant: Tenant, user: User, role: str, *, region: str = "") -> Membership:
    """Gives ``user`` their one role in ``tenant`` and a staff row there. Repeating it changes nothing."""
    if role not in roles() or tenant.kind not in roles()[role].kinds:
        raise DomainError(_("“%(role)s”不是这类租户的岗位。") % {"role": role}, code="unknown_role")
    with door(), transaction.atomic():
        _refuse_who_leaves(tenant)
        membership, _created = Membership.objects.get_or_create(
            user=user, tenant=tenant, ended_at=None, defaults={"role": role, "region": region}
        )
        if membership.role != role or membership.region != region:
            membership.role, membership.region = role, region
            membership.save(update_fields=["role", "region"])
        if tenant.kind != Kind.PUBLIC:
            with inside(tenant):
                _record_staff(membership, user)
    return membership


def _refuse_who_leaves(tenant: Tenant) -> None:
    """Leaving ends every membership: whoever came after that would stay. Both wait for one another here."""
    now = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    if now.state in (State.LEAVING, State.GONE):
        raise DomainError(
            _("租户当前状态是“%(state)s”，不能这样操作。") % {"state": now.get_state_display()}, code="wrong_state"
        )


def _record_staff(membership: Membership, user: User) -> None:
    """The person's row inside the tenant. A name that earlier came with a file becomes this person."""
    known = Staff.objects.filter(user_id=user.pk).first()
    named = None if known else Staff.objects.filter(user_id=None, name=user.name).first()
    staff = known or named or Staff(id=membership.staff_id)
    staff.user_id, staff.name, staff.role, staff.active = user.pk, user.name, membership.role, True
    staff.save()
    if membership.staff_id != staff.pk:
        with door():
            membership.staff_id = staff.pk
            membership.save(update_fields=["staff_id"])


def end_membership(actor: Actor, tenant: Tenant, staff_id: UUID, now: datetime) -> None:
    """Takes a membership away. Every session it opened ends with its next request.

    Nobody ends their own: the last manager would lock everybody out. Two who end each other's at once wait for one
    another here, and the second is no longer anybody's manager.
    """
    actor.require("staff.manage")
    if staff_id == actor.staff_id:
        raise DomainError(_("不能移除自己的账号，请由另一位管理者操作。"), code="own_membership")
    with transaction.atomic():
        with door():
            both = Membership.objects.filter(
                tenant=tenant, staff_id__in=[actor.staff_id, staff_id], ended_at__isnull=True
            )
            live = {one.staff_id: one for one in both.order_by("pk").select_for_update()}
            if staff_id not in live:
                raise NotFound(f"membership of {staff_id}")
            if actor.staff_id not in live or not may_remove(live[actor.staff_id].role, live[staff_id].role):
                raise Forbidden(f"end the membership of {staff_id}")
            both.filter(staff_id=staff_id).update(ended_at=now)
        Staff.objects.filter(pk=staff_id).update(active=False)

"""Taking memberships away: every role by every role, in the screen and in the action."""

from collections.abc import Callable
from itertools import product

import pytest
from django.test import Client
from django.utils import timezone

from sanfang.kernel.errors import DomainError, Forbidden
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import Staff
from tenants.actions import add_member, end_membership
from tenants.middleware import actor_of
from tenants.models import Membership, Tenant, User
from tenants.roles import roles

FRONT_LINE = {"crc_specialist", "sales_consultant", "service_advisor"}
STORE = FRONT_LINE | {"crc_manager", "sales_manager", "service_manager", "customer_director", "general_manager"}

# Written out once more, so that a slip in roles.yaml is one here too.
MAY = {
    "general_manager": STORE,
    "customer_director": STORE - {"general_manager", "customer_director"},
    "crc_manager": FRONT_LINE,
    "group_head": {"group_head"},
    "oem_head_office": {"oem_head_office", "oem_regional_manager"},
}
MANAGERS = ("general_manager", "customer_director", "crc_manager")
HOUSES = {"dealer": "chengdu", "group": "yuanting", "oem": "lanchuan"}
PAIRS = [
    (kind, by, role)
    for kind in HOUSES
    for by, role in product([key for key, one in roles().items() if kind in one.kinds], repeat=2)
]


def join(tenant: Tenant, role: str, number: int) -> Membership:
    user = User.objects.create_user(name=f"新人{number}", email=f"new{number}@x.example")
    membership = add_member(tenant, user, role)
    return Membership.objects.select_related("user").get(pk=membership.pk)


def works_here(tenant: Tenant, one: Membership) -> bool:
    with inside(tenant):
        active = Staff.objects.get(pk=one.staff_id).active
    live = Membership.objects.filter(pk=one.pk, ended_at=None).exists()
    assert live == active, "the account and its staff row tell different things"
    return live


@pytest.mark.parametrize(("kind", "by", "role"), PAIRS)
def test_who_may_remove_whom(
    network: dict[str, Tenant], client_of: Callable[[str], Client], kind: str, by: str, role: str
) -> None:
    tenant = network[HOUSES[kind]]
    remover, removed = join(tenant, by, 1), join(tenant, role, 2)
    allowed = role in MAY.get(by, set())
    address = f"/staff/{removed.staff_id}/removal/"
    client = client_of("新人1")
    before = list(Membership.objects.order_by("pk").values())

    page = client.get("/staff/")
    if page.status_code == 200:
        assert (address in page.content.decode()) == allowed
    else:
        assert "staff.see" not in roles()[by].capabilities

    assert client.get(address).status_code == (200 if allowed else 403)
    with inside(tenant):
        if not allowed:
            with pytest.raises(Forbidden):
                end_membership(actor_of(remover), tenant, removed.staff_id, timezone.now())
    assert client.post(address).status_code == (302 if allowed else 403)
    assert works_here(tenant, removed) == (not allowed)
    if not allowed:
        assert list(Membership.objects.order_by("pk").values()) == before


def test_nobody_removes_themselves_or_the_last_general_manager(chengdu: Tenant, actor: Callable[[str], Actor]) -> None:
    head = Membership.objects.select_related("user").get(tenant=chengdu, role="general_manager")
    others = Membership.objects.filter(tenant=chengdu).exclude(pk=head.pk).select_related("user")
    assert {one.role for one in others} == STORE - {"general_manager"}
    with inside(chengdu):
        with pytest.raises(DomainError):
            end_membership(actor_of(head), chengdu, head.staff_id, timezone.now())
        for one in others:
            with pytest.raises(Forbidden):
                end_membership(actor_of(one), chengdu, head.staff_id, timezone.now())
    assert works_here(chengdu, head)


def test_who_no_longer_works_here_removes_nobody(chengdu: Tenant) -> None:
    """Their request was under way when their own membership ended, or their role became a smaller one."""
    head, director, manager = (join(chengdu, role, n) for n, role in enumerate(MANAGERS))
    late = actor_of(head)
    Membership.objects.filter(pk=head.pk).update(ended_at=timezone.now())
    demoted = actor_of(director)
    Membership.objects.filter(pk=director.pk).update(role="crc_specialist")
    with inside(chengdu):
        for one in (late, demoted):
            with pytest.raises(Forbidden):
                end_membership(one, chengdu, manager.staff_id, timezone.now())
    assert works_here(chengdu, manager)


def test_every_role_that_manages_staff_removes_somebody_and_no_other_does() -> None:
    for key, one in roles().items():
        if one.kinds != {"public"}:
            assert ("staff.manage" in one.capabilities) == bool(one.removes), key
        assert all(roles()[other].kinds == one.kinds for other in one.removes), key

"""Two general managers remove each other at the same moment: one stays, or the house would have none."""

from functools import partial

import pytest
from care_support import at_once
from django.utils import timezone

from sanfang.kernel.errors import Forbidden
from tenants.actions import add_member, end_membership
from tenants.middleware import actor_of
from tenants.models import Membership, Tenant, User

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.mark.parametrize("round_", range(5))
def test_one_of_two_stays(chengdu: Tenant, round_: int) -> None:
    Membership.objects.filter(tenant=chengdu, role="general_manager").update(ended_at=timezone.now())
    pair = []
    for number in range(2):
        user = User.objects.create_user(name=f"总{round_}{number}", email=f"gm{round_}{number}@x.example")
        made = add_member(chengdu, user, "general_manager")
        pair.append(Membership.objects.select_related("user").get(pk=made.pk))
    one, other = pair
    results = at_once(
        chengdu,
        partial(end_membership, actor_of(one), chengdu, other.staff_id, timezone.now()),
        partial(end_membership, actor_of(other), chengdu, one.staff_id, timezone.now()),
    )
    assert sorted(type(result).__name__ for result in results) == ["Forbidden", "NoneType"]
    assert isinstance(next(result for result in results if result), Forbidden)
    assert Membership.objects.filter(tenant=chengdu, role="general_manager", ended_at=None).count() == 1

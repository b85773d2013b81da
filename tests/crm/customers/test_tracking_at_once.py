"""Two people at the same item at the same moment, on two real connections."""

from collections.abc import Callable
from functools import partial

import pytest
from care_support import NOW, OTHER_MOBILE, a_customer, at_once

from crm.customers import actions
from crm.customers.models import Customer, TrackingItem
from sanfang.kernel.errors import Conflict
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import Staff
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("own_database")


def test_two_corrections_at_once_leave_one(chengdu: Tenant, actor: Callable[[str], Actor]) -> None:
    with inside(chengdu):
        owner = Staff.objects.get(name="邓凯")
        item = actions.report_wrong(actor("李娜"), a_customer(), field="mobile", note="空号", owner=owner, now=NOW)
        copies = [TrackingItem.objects.get(pk=item.pk) for _ in range(2)]
    people, values = [actor("邓凯"), actor("蒋国华")], [OTHER_MOBILE, "15420000001"]
    results = at_once(
        chengdu,
        *(
            partial(actions.correct, who, copy, value=value, now=NOW)
            for who, copy, value in zip(people, copies, values, strict=True)
        ),
    )
    assert [type(result) for result in results].count(Conflict) == 1
    with inside(chengdu):
        item.refresh_from_db()
        assert Customer.objects.get(pk=item.customer_id).mobile == item.corrected_value

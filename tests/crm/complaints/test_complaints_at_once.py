"""Two people at the same moment, on two real connections."""

from collections.abc import Callable
from functools import partial

import pytest
from care_support import NOW, a_customer, at, at_once

from crm.complaints import actions
from crm.complaints.models import Complaint
from sanfang.audit.models import Event
from sanfang.kernel.errors import Conflict
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("own_database")

JANUARY = at("2027-01-05 10:00")
"""A month in which nothing else in this module registers anything."""


def test_no_number_is_given_twice(chengdu: Tenant) -> None:
    with inside(chengdu):
        customer = a_customer()

    def register_ten() -> list[str]:
        return [
            actions.register(None, customer=customer, channel="counter", title="投诉", text="", now=JANUARY).number
            for _ in range(10)
        ]

    first, second = at_once(chengdu, register_ten, register_ten)
    assert sorted(first + second) == [f"TS2701-{count:04d}" for count in range(1, 21)]


def test_only_one_of_two_first_contacts_counts(chengdu: Tenant, actor: Callable[[str], Actor]) -> None:
    with inside(chengdu):
        complaint = actions.register(None, customer=a_customer(), channel="counter", title="投诉", text="", now=NOW)
        copies = [Complaint.objects.get(pk=complaint.pk) for _ in range(2)]
    people = [actor("陈雅婷"), actor("蒋国华")]
    results = at_once(
        chengdu,
        *(
            partial(actions.first_contact, who, copy, note=who.name, now=NOW)
            for who, copy in zip(people, copies, strict=True)
        ),
    )
    assert [type(result) for result in results].count(Conflict) == 1
    with inside(chengdu):
        kept = Complaint.objects.get(pk=complaint.pk)
        assert kept.contact_note == next(who.name for who in people if who.staff_id == kept.contacted_by_id)
        assert Event.objects.filter(object=complaint.pk, kind="complaint.contacted").count() == 1

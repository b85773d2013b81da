"""Several querysets in one statement give what each gives by itself."""

from datetime import timedelta
from typing import Any

import pytest
from address_table import a_call
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from row_support import a_complaint, wrong_data

from crm.complaints.models import Complaint
from crm.customers.models import Customer, TrackingItem
from crm.followups.models import Attempt, FollowUp
from crm.vehicles.models import Delivery, RepairOrder
from sanfang.kernel.errors import WrongTenant
from sanfang.messaging.models import Message
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import Staff
from sanfang.tenancy.together import together
from tenants.models import Tenant


def an_attempt() -> Attempt:
    call = FollowUp.objects.get(pk=a_call())
    return Attempt.objects.create(
        follow_up=call,
        number=1,
        staff=Staff.objects.all()[0],
        at=timezone.now(),
        outcome="busy",
        note="“引号”,逗号\n{}",
    )


def test_the_same_rows_in_the_same_order(in_chengdu: Tenant) -> None:
    for _time in range(3):
        an_attempt()
        a_complaint()
        wrong_data("邓凯")
    asked = [
        Attempt.objects.select_related("staff", "follow_up__customer", "follow_up__vehicle").order_by("-at"),
        Delivery.objects.select_related("vehicle", "consultant").order_by("-pk")[:2],
        RepairOrder.objects.filter(number="none"),
        Complaint.objects.select_related("vehicle", "registered_by").order_by("-registered_at", "-pk"),
        TrackingItem.objects.select_related("owner").order_by("pk"),
        Customer.objects.annotate(calls=Count("follow_ups")).order_by("-calls", "pk"),
        Message.objects.order_by("pk"),
    ]
    with CaptureQueriesContext(connection) as statements:
        read = together(*asked)
    assert len(statements) == 1
    for rows, queryset in zip(read, asked, strict=True):
        expected = list(queryset)
        assert [values(row) for row in rows] == [values(row) for row in expected]
    with CaptureQueriesContext(connection) as statements:
        assert read[0][0].staff.name
        assert read[0][0].follow_up.vehicle.vin
        assert read[5][0].calls >= 1
    assert not statements


def values(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_moments_and_numbers_keep_their_precision(in_chengdu: Tenant) -> None:
    attempt = an_attempt()
    Attempt.objects.filter(pk=attempt.pk).update(at=attempt.at + timedelta(microseconds=1))
    (rows,) = together(Attempt.objects.all())
    assert rows[0].at == attempt.at + timedelta(microseconds=1)
    assert rows[0].note == attempt.note


def test_a_queryset_of_another_tenant_is_refused(chengdu: Tenant, suzhou: Tenant) -> None:
    with inside(suzhou):
        foreign = Customer.objects.order_by("pk")
    with inside(chengdu), pytest.raises(WrongTenant):
        together(Customer.objects.all(), foreign)

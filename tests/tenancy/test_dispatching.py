"""Stores get a task that have something to send or an import under way, and no others."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from care_support import MOBILE, a_customer
from django.utils import timezone

from crm.dms import tasks as imports
from crm.dms.models import ImportRun
from sanfang.messaging import tasks
from sanfang.messaging.actions import queue_message
from sanfang.messaging.models import Message
from sanfang.tenancy.context import inside
from tenants.actions import resume, suspend
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("own_database")


def dispatched() -> list[str]:
    with mock.patch.object(tasks.send, "apply_async") as sent:
        tasks.send_everywhere()
    return [call.kwargs["kwargs"]["_tenant"] for call in sent.call_args_list]


def have(tenant: Tenant, **facts: Any) -> None:
    """One message, as the facts say."""
    with inside(tenant):
        Message.objects.all().delete()
        message = queue_message(
            customer_id=a_customer().pk, mobile=MOBILE, text="您好", purpose="survey_link", now=timezone.now()
        )
        Message.objects.filter(pk=message.pk).update(**facts)


def test_those_with_a_message_whose_time_has_come(chengdu: Tenant, suzhou: Tenant) -> None:
    now = timezone.now()
    assert dispatched() == []
    have(chengdu, not_before=now - timedelta(minutes=1))
    have(suzhou, not_before=now + timedelta(hours=1))
    assert dispatched() == [chengdu.schema_name]
    have(suzhou, state="sending", not_before=now + timedelta(hours=1))
    assert set(dispatched()) == {chengdu.schema_name, suzhou.schema_name}, "a killed worker's is taken up"
    have(suzhou, state="sent")
    suspend(chengdu)
    assert dispatched() == []
    resume(chengdu)


def an_import(state: str) -> None:
    ImportRun.objects.create(
        kind="deliveries", filename="x", file="x", sha256="0", size=1, state=state, created_at=timezone.now()
    )


def test_those_with_an_import_that_is_not_at_its_end(chengdu: Tenant, suzhou: Tenant) -> None:
    with mock.patch.object(imports.resume, "apply_async") as sent:
        for state in ("uploaded", "done"):
            with inside(chengdu):
                an_import(state)
        imports.resume_everywhere()
        assert not sent.called
        with inside(suzhou):
            an_import("undoing")
        imports.resume_everywhere()
    assert [call.kwargs["kwargs"]["_tenant"] for call in sent.call_args_list] == [suzhou.schema_name]

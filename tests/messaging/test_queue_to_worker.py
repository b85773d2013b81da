"""The whole way with nothing replaced: committed, through the broker, taken by a worker, sent."""

import time as stopwatch
from collections.abc import Iterator
from datetime import UTC, time
from uuid import uuid4

import pytest
from care_support import MOBILE, a_customer
from celery.contrib.testing.worker import start_worker
from django.utils import timezone

from sanfang.celery import app
from sanfang.messaging import house
from sanfang.messaging.actions import queue_message
from sanfang.messaging.models import Message
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def own_queue() -> Iterator[None]:
    """A queue that no other worker on this broker listens to."""
    before, queues = app.conf.task_default_queue, app.conf.task_queues
    app.conf.task_default_queue, app.conf.task_queues = f"test-{uuid4().hex}", None
    app.__dict__.pop("amqp", None)
    yield
    app.conf.task_default_queue, app.conf.task_queues = before, queues
    app.__dict__.pop("amqp", None)


def test_a_committed_message_is_sent_by_a_worker(
    chengdu: Tenant, own_queue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_day = (time(0), time.max, UTC)
    monkeypatch.setattr(type(house.house()), "hours", lambda self: all_day)
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="error"), inside(chengdu):
        customer = a_customer()
        key = queue_message(customer_id=customer.pk, mobile=MOBILE, text="您好", purpose="x", now=timezone.now()).pk
        give_up = stopwatch.monotonic() + 20
        while Message.objects.get(pk=key).state != "sent" and stopwatch.monotonic() < give_up:
            stopwatch.sleep(0.05)
        assert Message.objects.get(pk=key).provider_id.startswith("dev-")

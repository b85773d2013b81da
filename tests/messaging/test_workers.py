"""Several workers, and workers that die, on real connections."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import database
import pytest
from care_support import MOBILE, NOW, Recorder, Ticking, a_customer, at_once

from sanfang.messaging import delivery, tasks
from sanfang.messaging.actions import queue_message
from sanfang.messaging.models import Message
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture(autouse=True)
def recorder(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tasks.send.app, "send_task", lambda *call, **how: None)
    settings.MESSAGE_GATEWAY = "care_support.Recorder"
    Recorder.sent, Recorder.failure, Recorder.meanwhile = [], None, None
    yield
    Recorder.meanwhile = None


def queue(count: int) -> set[Any]:
    """Each to a customer of its own, for nobody gets so many."""
    return {
        queue_message(customer_id=a_customer().pk, mobile=MOBILE, text="您好", purpose="x", now=NOW).pk
        for _ in range(count)
    }


def test_three_workers_send_every_message_once(chengdu: Tenant) -> None:
    with inside(chengdu):
        keys = queue(30)

    def work() -> int:
        return delivery.send_waiting(Ticking(NOW))

    results = at_once(chengdu, work, work, work)
    assert sum(results) == 30
    assert sorted(out.id for out in Recorder.sent) == sorted(keys)


DYING = """
import os, signal, sys, django
django.setup()
from django.conf import settings
from care_support import NOW, Recorder, Ticking
from sanfang.messaging import delivery
from sanfang.tenancy.context import door, inside
from tenants.models import Tenant
settings.MESSAGE_GATEWAY = "care_support.Recorder"
Recorder.meanwhile = lambda: os.kill(os.getpid(), signal.SIGKILL)
with door():
    tenant = Tenant.objects.get(slug="chengdu")
with inside(tenant):
    delivery.send_waiting(Ticking(NOW))
"""


@pytest.mark.kill
def test_a_worker_killed_while_it_hands_a_message_over_loses_none(chengdu: Tenant, own_database: str) -> None:
    """It dies after the provider has the message and before that is written down: the worst moment."""
    with inside(chengdu):
        (key,) = queue(1)
        environment = database.process_environment(own_database)
        worker = subprocess.run([sys.executable, "-c", DYING], env=environment, capture_output=True, text=True)
        assert worker.returncode == -signal.SIGKILL, worker.stderr
        assert Message.objects.get(pk=key).state == "sending"
        assert delivery.send_waiting(Ticking(NOW + delivery.LEASE - timedelta(seconds=1))) == 0
        assert delivery.send_waiting(Ticking(NOW + delivery.LEASE)) == 1
        assert Message.objects.get(pk=key).state == "sent"
    assert [out.id for out in Recorder.sent] == [key]

"""Several workers, and workers that die, on real connections."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from care_support import MOBILE, NOW, Recorder, Ticking, a_customer, at_once
from django.db import connection

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
    customer = a_customer()
    return {
        queue_message(customer_id=customer.pk, mobile=MOBILE, text="您好", purpose="x", now=NOW).pk
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


@pytest.mark.kill
def test_a_worker_killed_while_it_hands_a_message_over_loses_none(chengdu: Tenant) -> None:
    """The child dies after the provider has the message and before that is written down: the worst moment."""
    with inside(chengdu):
        (key,) = queue(1)
        connection.close()
        child = os.fork()
        if child == 0:
            try:
                Recorder.meanwhile = lambda: os.kill(os.getpid(), signal.SIGKILL)
                with inside(chengdu):  # anew: a loop that ran in this thread had the place in its own context
                    delivery.send_waiting(Ticking(NOW))
            finally:
                os._exit(1)  # whatever went wrong, there must be no second test run
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        assert Message.objects.get(pk=key).state == "sending"
        assert delivery.send_waiting(Ticking(NOW + delivery.LEASE - timedelta(seconds=1))) == 0
        assert delivery.send_waiting(Ticking(NOW + delivery.LEASE)) == 1
        assert Message.objects.get(pk=key).state == "sent"
    assert [out.id for out in Recorder.sent] == [key]

"""An import that nobody is at work on is sent again: its message was lost, or its worker killed."""

from unittest import mock

import psycopg
import pytest
from django.conf import settings
from django.utils import timezone

from crm.dms import running, tasks, turns
from crm.dms.models import ImportRun
from crm.dms.states import State
from tenants.models import Tenant


def a_run(state: State) -> ImportRun:
    return ImportRun.objects.create(
        kind="deliveries", filename="x.csv", file="x", sha256="0", size=1, state=state, created_at=timezone.now()
    )


def test_what_waits_is_sent_again_and_nothing_else(in_chengdu: Tenant) -> None:
    runs = {state: a_run(state) for state in State}
    with mock.patch.object(tasks.check, "later") as check, mock.patch.object(tasks.apply, "later") as apply:
        tasks.resume.run()
    assert [call.args[0] for call in check.call_args_list] == [str(runs[State.CHECKING].pk)]
    assert {call.args[0] for call in apply.call_args_list} == {
        str(runs[State.QUEUED].pk),
        str(runs[State.APPLYING].pk),
    }


def test_while_somebody_is_at_work_nothing_is_sent(in_chengdu: Tenant) -> None:
    a_run(State.APPLYING)
    own = settings.DATABASES["default"]
    with psycopg.connect(
        host=own["HOST"], port=own["PORT"], user=own["USER"], password=own["PASSWORD"], dbname=own["NAME"]
    ) as other:
        other.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [turns.LOCK, in_chengdu.schema_name])
        assert running.left_alone() == []
        # A connection that ends lets go a moment later.
        other.execute("SELECT pg_advisory_unlock_all()")
    assert len(running.left_alone()) == 1


@pytest.mark.parametrize("state", [State.UPLOADED, State.CHECKED, State.DONE, State.CANCELLED, State.FAILED])
def test_what_waits_for_a_person_is_left_to_them(in_chengdu: Tenant, state: State) -> None:
    a_run(state)
    assert running.left_alone() == []

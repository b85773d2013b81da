"""Suspending and resuming: like every verb on a whole tenant alone, written down, and never for the platform itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from life_support import new_store, rows_of, silent

from crm.customers.models import Customer
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import inside
from sanfang.tenancy.tasks import TENANT, tenant_task
from tenants.actions import resume, suspend
from tenants.life import archives, exporting, work
from tenants.life.backing_up import back_up
from tenants.life.leaving import leave
from tenants.life.models import Deed
from tenants.life.restoring import restore
from tenants.models import State, Tenant

pytestmark = pytest.mark.usefixtures("own_database")


def state_of(tenant: Tenant) -> str:
    return str(Tenant.objects.get(pk=tenant.pk).state)


def deeds_of(tenant: Tenant) -> list[tuple[str, str, str]]:
    return list(Deed.objects.filter(tenant=tenant).order_by("pk").values_list("verb", "by", "outcome"))


def test_it_is_written_down() -> None:
    store = new_store("noted")
    call_command("tenant", "suspend", "noted", "--by", "周工")
    assert state_of(store) == State.SUSPENDED
    call_command("tenant", "resume", "noted", "--by", "周工")
    assert state_of(store) == State.READY
    assert deeds_of(store) == [("suspend", "周工", "done"), ("resume", "周工", "done")]


def test_a_dry_run_says_it_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    store = new_store("imagined")
    call_command("tenant", "suspend", "imagined", "--dry-run")
    assert "将停用" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("tenant", "resume", "imagined", "--dry-run")
    assert (state_of(store), deeds_of(store)) == (State.READY, [])


@pytest.mark.parametrize("verb", [suspend, resume])
@pytest.mark.parametrize("state", State)
def test_only_from_the_one_state_to_the_other(verb: Callable[..., None], state: State) -> None:
    store = Tenant.objects.filter(slug="moving").first() or new_store("moving")
    Tenant.objects.filter(pk=store.pk).update(state=state)
    before = deeds_of(store)
    if (verb, state) in ((suspend, State.READY), (resume, State.SUSPENDED)):
        verb(store)
        assert state_of(store) == store.state != state
        assert len(deeds_of(store)) == len(before) + 1
    else:
        with pytest.raises(DomainError) as refused:
            verb(store)
        assert refused.value.code == "wrong_state"
        assert (state_of(store), deeds_of(store)) == (state, before)


def test_the_platform_itself_isnt_suspended() -> None:
    platform = Tenant.objects.get(schema_name="public")
    with pytest.raises(DomainError):
        suspend(platform)
    assert state_of(platform) == State.READY
    assert deeds_of(platform) == []


def try_to_move(store: Tenant) -> None:
    for verb in (suspend, resume):
        with pytest.raises(work.AtWork):
            verb(Tenant.objects.get(pk=store.pk))


def test_nobody_opens_a_store_that_is_leaving_at_this_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    store, write = new_store("leaving-now"), exporting.write

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        try_to_move(store)
        return write(*args, **kwargs)

    monkeypatch.setattr(exporting, "write", meanwhile)
    leave(store, reason="合同到期", by="周工", heard=silent)
    assert state_of(store) == State.LEAVING
    assert [verb for verb, _by, _outcome in deeds_of(store)] == ["leave"]


def test_nobody_opens_or_closes_a_store_that_is_restored_at_this_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = new_store("restored-now")
    backup, rows = back_up(store, tmp_path, by="周工", heard=silent), rows_of(store.schema_name)
    with inside(store):
        Customer.objects.create(name="后来的")
    lay_out = archives.Opened.lay_out

    def meanwhile(self: archives.Opened, name: str) -> None:
        try_to_move(store)
        lay_out(self, name)

    monkeypatch.setattr(archives.Opened, "lay_out", meanwhile)
    restore(store, backup, by="周工", heard=silent)
    assert (state_of(store), rows_of(store.schema_name)) == (State.READY, rows)


@tenant_task(name="tests.never_runs")
def never_runs() -> None:
    raise AssertionError("a closed store's task ran")


def test_a_task_that_isnt_done_leaves_a_line() -> None:
    """Or whoever looks for a message that was never sent finds nothing."""
    store = new_store("quiet")
    suspend(store)
    with mock.patch("sanfang.tenancy.tasks.log") as log:
        never_runs(**{TENANT: store.schema_name})
        never_runs(**{TENANT: "t_nobody"})
    assert log.method_calls == [
        mock.call.warning("skipped", tenant="quiet", reason="not open"),
        mock.call.warning("skipped", tenant="t_nobody", reason="not open"),
    ]

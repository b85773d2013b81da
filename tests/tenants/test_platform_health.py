"""What operators are shown of each tenant, and what the platform's look-out complains of."""

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from structlog.testing import capture_logs

from crm.dms.models import ImportRun
from sanfang.tenancy.context import door, inside
from tenants import health, tasks
from tenants.health import Line, lines
from tenants.models import Kind, PooledSchema, State, Tenant
from tenants.provisioning import TENANT_KINDS, drop_schema, refill

pytestmark = pytest.mark.usefixtures("own_database")
NOW = timezone.now()


@pytest.fixture(autouse=True)
def full_pool(own_database: str) -> None:
    with door():
        PooledSchema.objects.update(ready=True)
    for kind in TENANT_KINDS:
        refill(kind, size=1)


@pytest.fixture(autouse=True)
def empty_queues(monkeypatch: pytest.MonkeyPatch) -> "dict[str, list[bytes]]":
    """The broker of the tests is everybody's: a queue of our own instead."""
    waiting: dict[str, list[bytes]] = {"celery": [], "imports": []}

    class Client:
        def llen(self, queue: str) -> int:
            return len(waiting[queue])

        def lindex(self, queue: str, place: int) -> bytes | None:
            return waiting[queue][place] if waiting[queue] else None

    class Broker:
        default_channel = type("Channel", (), {"client": Client()})

        def __enter__(self) -> "Broker":
            return self

        def __exit__(self, *_error: Any) -> None: ...

    monkeypatch.setattr(type(current_app._get_current_object()), "connection_for_read", lambda self: Broker())
    return waiting


def line_of(slug: str) -> Line:
    return next(line for line in lines() if line.tenant.slug == slug)


def set_limit(monkeypatch: pytest.MonkeyPatch, **changed: int) -> None:
    table = {**health.limits(), **changed}
    monkeypatch.setattr(health, "limits", lambda: table)


def test_all_is_well() -> None:
    assert health.told() == []
    call_command("alarms")


def test_a_tenant_that_lacks_a_migration_is_seen_and_named(chengdu: Tenant) -> None:
    raw: Any = connections["provisioner"]
    raw.set_schema_to_public()
    lost = f"FROM {chengdu.schema_name}.django_migrations WHERE app = 'surveys' AND name = '0002_history'"
    with raw.cursor() as cursor:
        cursor.execute(f"DELETE {lost}")
    try:
        assert line_of("chengdu").behind == 1
        assert line_of("suzhou").behind == 0
        assert line_of("chengdu").version != line_of("suzhou").version
        [said] = health.told()
        assert "chengdu" in said
        with capture_logs() as logs:
            tasks.look_after()
        assert [(entry["log_level"], entry["alarm"]) for entry in logs if entry["event"] == "alarm"] == [
            ("error", said)
        ]
        with pytest.raises(CommandError, match="chengdu"):
            call_command("alarms")
    finally:
        with raw.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {chengdu.schema_name}.django_migrations (app, name, applied) "
                "VALUES ('surveys', '0002_history', now())"
            )


def test_work_that_waits_is_the_lag(chengdu: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    assert line_of("chengdu").lag(NOW) == timedelta()
    with inside(chengdu):
        begun = NOW - timedelta(hours=17)
        run = ImportRun.objects.create(
            kind="deliveries", filename="x", file="x", sha256="0", size=1, state="queued", created_at=begun
        )
    assert line_of("chengdu").lag(NOW) == timedelta(hours=17)
    [said] = health.told()
    assert "chengdu" in said
    set_limit(monkeypatch, lag_hours=18)
    assert health.told() == []
    with inside(chengdu):
        ImportRun.objects.filter(pk=run.pk).delete()


def test_an_empty_pool_and_old_rows_are_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    with door():
        PooledSchema.objects.filter(kind="group").update(ready=False)
    [said] = health.told()
    assert "group" in said
    set_limit(monkeypatch, freeze_age=0, pool_least=0)
    [said] = health.told()
    assert "freeze age" in said


def test_a_queue_that_is_long_or_stands_still(
    empty_queues: dict[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_queues["imports"] = [b"last", str(NOW).encode()]
    assert list(health.alarms(NOW)) == []
    [said] = health.alarms(NOW + timedelta(minutes=16))
    assert "imports" in said
    empty_queues["imports"].pop()
    assert list(health.alarms(NOW + timedelta(minutes=16))) == []
    set_limit(monkeypatch, queue_length=0)
    [said] = health.alarms(NOW)
    assert "1 tasks" in said


def test_what_cannot_be_looked_at_hides_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def down(self: Any) -> Any:
        raise ConnectionError("nobody listens")

    monkeypatch.setattr(type(current_app._get_current_object()), "connection_for_read", down)
    set_limit(monkeypatch, freeze_age=0)
    said = health.told()
    assert [words.split()[0] for words in said] == ["freeze", "queues"]
    assert "ConnectionError" in said[1]


def test_a_store_that_is_read_only_is_named_with_its_reason(suzhou: Tenant) -> None:
    Tenant.objects.filter(pk=suzhou.pk).update(behind="DuplicateColumn: height")
    [said] = health.told()
    assert "suzhou (DuplicateColumn: height)" in said
    Tenant.objects.filter(pk=suzhou.pk).update(behind="")


def test_an_open_store_without_a_schema_is_an_alarm() -> None:
    bare = Tenant.objects.create(
        kind="group", slug="bare", name="空集团", short_name="空", schema_name="t_nowhere", state=State.READY
    )
    said = health.told()
    assert any("without a schema: 1 (bare)" in words for words in said)
    bare.delete()


def test_a_ready_schema_that_lacks_migrations_is_an_alarm() -> None:
    row = PooledSchema.objects.filter(kind="dealer").order_by("id")[0]
    drop_schema(row.schema_name)
    [said] = health.told()
    assert f"pool {row.schema_name}" in said
    row.delete()


def test_the_list_shows_them_and_costs_the_same_however_many_there_are(
    capsys: pytest.CaptureFixture[str], network: dict[str, Tenant]
) -> None:
    with CaptureQueriesContext(connections["provisioner"]) as few:
        call_command("tenant", "list")
    printed = dict.fromkeys(line.split("\t")[0] for line in capsys.readouterr().out.splitlines())
    assert next(iter(printed)) == "slug"
    assert set(network) <= set(printed)
    with door():
        for number in range(5):
            Tenant.objects.create(
                schema_name=f"t_gone_{number}", slug=f"gone{number}", kind=Kind.DEALER, name="x", state=State.GONE
            )
    with CaptureQueriesContext(connections["provisioner"]) as many:
        call_command("tenant", "list")
    told = {line.split("\t")[0]: line.split("\t")[3] for line in capsys.readouterr().out.splitlines()}
    assert told["gone1"].strip() == "none"
    assert told["suzhou"].endswith(" current")
    assert len(many) == len(few)
    assert line_of("suzhou").size > 100_000

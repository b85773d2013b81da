"""Migrations for the whole fleet when something goes wrong: one store's trouble stays its own, and nothing is lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from rollout_support import Later, admin, column, columns, fresh, later, recorded, roll_out

from crm.customers.models import Customer
from sanfang.tenancy.context import inside
from sanfang.tenancy.rollout import fleet, steps
from sanfang.tenancy.rollout.states import Target
from tenants.migrating import behind, everybody, migrate_everything
from tenants.models import Tenant
from tenants.provisioning import refill

__all__ = ["admin", "fresh", "later"]
pytestmark = pytest.mark.usefixtures("fresh")


def test_a_failing_store_is_named_and_the_rest_go_on(later: Later, admin: psycopg.Connection[Any]) -> None:
    admin.execute("ALTER TABLE t_cast_suzhou.customers_customer ADD COLUMN height text")
    later("customers", column("height"))
    report, heard = roll_out()
    assert [target.label for target in report.failed] == ["suzhou"]
    assert "height" in columns("t_cast_chengdu")
    assert ("customers", "0900_later") not in recorded("t_cast_suzhou")
    suzhou = Tenant.objects.get(slug="suzhou")
    assert "height" in suzhou.behind
    assert Tenant.objects.get(slug="chengdu").behind == ""
    assert "suzhou" in [one.label for one in behind()]

    admin.execute("ALTER TABLE t_cast_suzhou.customers_customer DROP COLUMN height")
    report, heard = roll_out()
    assert heard == [("suzhou", "")]
    suzhou.refresh_from_db()
    assert suzhou.behind == ""


@pytest.mark.parametrize("schema", ["t_template_dealer", "t_cast_chengdu"])
def test_a_failing_template_or_canary_ends_it_before_the_others(
    later: Later, admin: psycopg.Connection[Any], schema: str
) -> None:
    admin.execute(f"ALTER TABLE {schema}.customers_customer ADD COLUMN height text")
    later("customers", column("height"))
    report, _heard = roll_out(canaries={"chengdu"})
    assert report.stopped
    assert "height" not in columns("t_cast_suzhou")
    with pytest.raises(CommandError, match="Stopped"):
        call_command("migrate_tenants", "--no-pool", "--canary", "chengdu")


def test_stores_whose_first_ones_fail_are_left_alone(
    later: Later, admin: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both stores are one migration behind the template, so one of them has to lead."""
    later("customers", column("height"))
    for schema in ("t_cast_chengdu", "t_cast_suzhou"):
        admin.execute(f"ALTER TABLE {schema}.customers_customer ADD COLUMN height text")
        admin.execute(f"INSERT INTO {schema}.django_migrations (app, name, applied) VALUES ('gone', '0001', now())")
    monkeypatch.setattr(fleet, "PATHFINDERS", 1)
    report, _heard = roll_out(canaries={"lanchuan"})
    reasons = {target.label: reason for target, reason in report.failed.items()}
    assert reasons["suzhou"].startswith("left alone")
    assert "already exists" in reasons["chengdu"]


@pytest.mark.parametrize("apart", [False, True])
def test_among_stores_left_behind_the_canary_leads(later: Later, admin: psycopg.Connection[Any], apart: bool) -> None:
    """The templates are up to date already; the two stores are of one state, or each of its own."""
    later("customers", column("height"))
    roll_out()
    for schema in ("t_cast_chengdu", "t_cast_suzhou"):
        admin.execute(f"ALTER TABLE {schema}.customers_customer DROP COLUMN height")
        admin.execute(f"DELETE FROM {schema}.django_migrations WHERE name = '0900_later'")
    if apart:
        admin.execute("INSERT INTO t_cast_suzhou.django_migrations (app, name, applied) VALUES ('gone', '1', now())")
    _report, heard = roll_out(canaries={"suzhou"})
    assert heard == [("suzhou", ""), ("chengdu", "")]


def test_a_table_in_use_is_waited_for_in_turns(
    later: Later, admin: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "LOCK_TIMEOUT_MS", 50)
    monkeypatch.setattr(steps, "FIRST_PAUSE", 0.05)
    later("customers", column("height"))
    held, release = threading.Event(), threading.Event()

    def somebody_reads() -> None:
        with admin.transaction():
            admin.execute("LOCK TABLE t_cast_suzhou.customers_customer IN ACCESS SHARE MODE")
            held.set()
            release.wait(10)

    reader = threading.Thread(target=somebody_reads)
    reader.start()
    held.wait(10)
    threading.Timer(0.3, release.set).start()
    report, _heard = roll_out()
    reader.join()
    assert not report.failed
    assert "height" in columns("t_cast_suzhou")


def test_a_table_that_is_never_let_go_fails_that_store_only(
    later: Later, admin: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "LOCK_TIMEOUT_MS", 20)
    monkeypatch.setattr(steps, "FIRST_PAUSE", 0.01)
    later("customers", column("height"))
    with admin.transaction():
        admin.execute("LOCK TABLE t_cast_suzhou.customers_customer IN ACCESS SHARE MODE")
        report, _heard = roll_out(canaries={"chengdu"})
    assert [target.label for target in report.failed] == ["suzhou"]
    assert "lock timeout" in next(iter(report.failed.values()))


def test_killed_at_any_schema_and_begun_again(later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ended after the n-th schema, for every n: what is done stays done, and the next run does the rest."""

    class Killed(BaseException):
        pass

    later("customers", column("height"))
    total = len(everybody())
    for position in range(total):
        done: list[str] = []

        def hear(target: Target, error: str, done: list[str] = done) -> None:
            done.append(target.label)
            raise Killed

        with pytest.raises(Killed), fleet.alone():
            fleet.roll_out(fleet.Groups(everybody()), heard=hear, parallel=1)
        assert len(done) == 1, position
    _report, heard = roll_out()
    assert heard == []
    assert behind() == []


def test_who_failed_is_read_only_at_once_though_the_rollout_is_killed(
    later: Later, admin: psycopg.Connection[Any]
) -> None:
    admin.execute("ALTER TABLE t_cast_suzhou.customers_customer ADD COLUMN height text")
    later("customers", column("height"))

    class Killed(BaseException):
        pass

    def hear(target: Target, error: str) -> None:
        if error:
            raise Killed

    with pytest.raises(Killed):
        migrate_everything(hear, lambda count: None, parallel=1)
    assert "height" in Tenant.objects.get(slug="suzhou").behind


def test_migrations_that_each_store_gets_at_once_are_transactions_of_their_own(
    later: Later, chengdu: Tenant, suzhou: Tenant
) -> None:
    """A foreign key's check waits for the commit, and no table can be altered before it. Only where there are rows."""
    later(
        "customers",
        'operations = [migrations.AddField("customer", "twin", models.ForeignKey("customers.Customer",'
        ' models.SET_NULL, null=True, related_name="+"))]',
        'operations = [migrations.RunSQL("UPDATE customers_customer SET twin_id = id", migrations.RunSQL.noop)]',
        column("height"),
    )
    with inside(suzhou):
        Customer.objects.create(name="何平")
    report, _heard = roll_out(canaries={"chengdu"})
    assert not report.failed
    assert "height" in columns("t_cast_suzhou")
    assert recorded("t_cast_suzhou") == recorded("t_cast_chengdu")


def test_a_statement_that_begins_with_a_comment_is_carried_out(later: Later) -> None:
    add = "ALTER TABLE customers_customer ADD COLUMN height int"
    later("customers", f'operations = [migrations.RunSQL(["-- why\\n{add}"], migrations.RunSQL.noop)]')
    report, _heard = roll_out()
    assert not report.failed
    assert "height" in columns("t_cast_suzhou")


def test_waiting_for_the_second_of_two_tables_the_first_ones_migration_is_not_done_again(
    later: Later, admin: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "LOCK_TIMEOUT_MS", 50)
    later(
        "customers",
        column("height"),
        'operations = [migrations.RunSQL("ALTER TABLE store_store ADD COLUMN height int", migrations.RunSQL.noop)]',
    )
    held, release = threading.Event(), threading.Event()
    # Between two attempts the reader lets go.
    monkeypatch.setattr("sanfang.tenancy.rollout.steps.time.sleep", lambda seconds: release.set())

    def somebody_reads() -> None:
        with admin.transaction():
            admin.execute("LOCK TABLE t_cast_suzhou.store_store IN ACCESS SHARE MODE")
            held.set()
            release.wait(10)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(somebody_reads)
        held.wait(10)
        report, _heard = roll_out(canaries={"chengdu"})
    assert release.is_set()
    assert not report.failed
    assert "height" in columns("t_cast_suzhou", "store_store") & columns("t_cast_suzhou")


def test_who_interrupts_waits_for_what_is_at_work_only(later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.SCHEMAS_PER_CONNECTION", 1)
    refill("dealer", size=4)
    later("customers", column("height"))
    tried: list[str] = []

    class Interrupted(BaseException):
        pass

    def hear(target: Target, error: str) -> None:
        tried.append(target.label)
        if target.label == "suzhou" or target.label.startswith("pool"):
            raise Interrupted

    with pytest.raises(Interrupted):
        migrate_everything(hear, lambda count: None, parallel=1)
    # One interrupted, and perhaps the next had begun by then.
    assert len([label for label in tried if label == "suzhou" or label.startswith("pool")]) <= 2


def test_a_canary_that_nobody_is_called_stops_before_the_first(later: Later) -> None:
    later("customers", column("height"))
    with pytest.raises(CommandError, match="No tenant is called chonqing"):
        call_command("migrate_tenants", "--no-pool", "--canary", "chonqing")
    assert "height" not in columns("t_template_dealer")

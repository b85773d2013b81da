"""Processes killed in mid-import: nothing half applied, and going on comes to exactly what a clean import makes.

The import runs as a process of its own, as ``manage.py import_dms`` or as a worker's task would; it is held
back at a table and ended there. The server itself isn't killed here, since every test shares it: its
connection is cut instead, which is what a crash of the server is to the process.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from import_support import STORE_TABLES, bring

from crm.dms import running
from crm.dms.comparing import DOCUMENTS, PERSONS, VERDICTS
from crm.dms.models import ImportRun
from crm.dms.states import State
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.kill
MOMENTS = {
    "while the file is laid out": "dms_stageddocument",
    "while documents are written": "vehicles_repairorder",
    "when all is written and the planner is told": "followups_planstate",
}
"""The table that the import is about to write; another session holds it back there."""
OWN = {"id", "created_at", "updated_at", "imported_at", "source"}


@pytest.fixture
def admin(own_database: str) -> Iterator[psycopg.Connection[Any]]:
    url = os.environ["SANFANG_TEST_ADMIN_URL"].rsplit("/", 1)[0] + f"/{own_database}"
    with psycopg.connect(url, autocommit=True) as found:
        yield found


@contextmanager
def _held_at(admin: psycopg.Connection[Any], schema: str, table: str) -> Iterator[Callable[..., int]]:
    """Until the block ends nobody writes ``table``. Gives a function that waits for an import to come to it, and says
    which of the server's processes works for it."""

    def waiting(process: "subprocess.Popen[str]") -> int:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert process.poll() is None, process.communicate()
            row = admin.execute(
                "SELECT pid FROM pg_locks WHERE relation = %s::regclass AND NOT granted", [f"{schema}.{table}"]
            ).fetchone()
            if row:
                return int(row[0])
            time.sleep(0.01)
        raise AssertionError(f"never at {table}")

    with admin.transaction():
        admin.execute(f"LOCK TABLE {schema}.{table} IN SHARE MODE")
        yield waiting


def _gone(admin: psycopg.Connection[Any], backend: int) -> None:
    """The server may finish a statement before it notices."""
    until = time.monotonic() + 30
    while admin.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [backend]).fetchone():
        assert time.monotonic() < until
        time.sleep(0.02)


def _contents(tables: tuple[str, ...] = STORE_TABLES) -> dict[str, list[Any]]:
    """What the tables say, but for ids and times of this very import."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT to_jsonb(one) FROM {table} AS one")
            found[table] = sorted(
                str(
                    {
                        key: value
                        for key, value in json.loads(row[0]).items()
                        if key not in OWN and not key.endswith("_id")
                    }
                )
                for row in cursor.fetchall()
            )
        cursor.execute(
            "SELECT car.vin, customer.name, owned.since, owned.until FROM vehicles_ownership owned "
            "JOIN vehicles_vehicle car ON car.id = owned.vehicle_id "
            "JOIN customers_customer customer ON customer.id = owned.customer_id ORDER BY 1, 3, 2"
        )
        found["owners"] = cursor.fetchall()
        cursor.execute(
            "SELECT made.number, car.vin, customer.name, staff.name FROM vehicles_repairorder made "
            "JOIN vehicles_vehicle car ON car.id = made.vehicle_id JOIN staff ON staff.id = made.advisor_id "
            "JOIN customers_customer customer ON customer.id = made.customer_id ORDER BY 1"
        )
        found["orders"] = cursor.fetchall()
    return found


def _scratch() -> int:
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in (DOCUMENTS, PERSONS, VERDICTS)))
        return sum(row[0] for row in cursor.fetchall())


def test_killed_at_any_moment(
    start: Callable[[Path], "subprocess.Popen[str]"],
    admin: psycopg.Connection[Any],
    orders: Path,
    network: dict[str, Tenant],
) -> None:
    chengdu, suzhou = network["chengdu"], network["suzhou"]
    rows = sum(1 for _line in orders.open(encoding="gb18030")) - 1
    with inside(chengdu):
        before = _contents()
    for moment, table in MOMENTS.items():
        with _held_at(admin, chengdu.schema_name, table) as waiting:
            process = start(orders)
            backend = waiting(process)
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL, moment
        _gone(admin, backend)
        with inside(chengdu):
            assert _contents() == before, moment
            assert _scratch() == 0, moment
            run = ImportRun.objects.order_by("-created_at")[0]
            assert run.state == State.APPLYING, moment

    with _held_at(admin, chengdu.schema_name, "vehicles_ownership") as waiting:
        process = start(orders)
        admin.execute("SELECT pg_terminate_backend(%s)", [waiting(process)])
    _said, complained = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "again" in complained
    with inside(chengdu):
        assert _contents() == before
        assert _scratch() == 0
        # As its task would do, once it is delivered again.
        run = ImportRun.objects.order_by("-created_at")[0]
        assert running.apply(run.pk) is not None
        after = _contents()
        assert ImportRun.objects.get(pk=run.pk).new == rows
        # What was killed before, and is nobody's any more, says so.
        assert not ImportRun.objects.filter(state=State.APPLYING).exists()
    with inside(suzhou):
        bring(orders, "repair_orders")
        clean = _contents()
    for table in ("customers_customer", "vehicles_vehicle", "vehicles_repairorder", "owners", "orders"):
        assert after[table] == clean[table], table
    with inside(chengdu):
        again = bring(orders, "repair_orders")
        assert again.counts.same == rows
        assert _contents() == after

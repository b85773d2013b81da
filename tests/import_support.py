"""Imports for tests: what the command line does, without its words."""

import json
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.core.files import File
from django.db import connection
from django.utils import timezone
from dms_cases import csv_bytes, table

from crm.dms import actions, carrying, running
from crm.dms.fields import Kind
from crm.dms.models import ImportRun
from crm.dms.progress import Watch
from crm.dms.storing import read_from

STORE_TABLES = (
    "staff", "customers_customer", "vehicles_vehicle", "vehicles_ownership", "vehicles_delivery",
    "vehicles_repairorder",
)  # fmt: skip


def write_csv(path: Path, kind: Kind, rows: Iterable[Mapping[str, str]], encoding: str = "gb18030") -> Path:
    path.write_bytes(csv_bytes(table(kind, rows), encoding))
    return path


def upload(path: Path, kind: Kind) -> ImportRun:
    with path.open("rb") as file:
        return actions.receive(None, kind=kind, filename=path.name, content=File(file), now=timezone.now())


def bring(path: Path, kind: Kind) -> carrying.Result:
    """Imports the file for good."""
    run = upload(path, kind)
    actions.queue(run, now=timezone.now())
    result = running.apply(run.pk)
    assert result is not None, ImportRun.objects.get(pk=run.pk).message
    return result


def look(path: Path, kind: Kind) -> carrying.Result:
    """What the import would do."""
    return carrying.compare_only(read_from(path, kind), now=timezone.now(), watch=Watch())


def snapshot(*tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the store's tables as it stands, with the history's length."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables or STORE_TABLES:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id")
            found[table] = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM audit_history WHERE model = ANY(%s)", [list(STORE_TABLES)])
        found["history"] = cursor.fetchall()
    return found


OWN = {"id", "created_at", "updated_at", "imported_at", "source"}
LINKED = {
    "owners": "SELECT car.vin, customer.name, owned.since, owned.until FROM vehicles_ownership owned "
    "JOIN vehicles_vehicle car ON car.id = owned.vehicle_id "
    "JOIN customers_customer customer ON customer.id = owned.customer_id ORDER BY 1, 3, 2",
    "orders": "SELECT made.number, car.vin, customer.name, staff.name FROM vehicles_repairorder made "
    "JOIN vehicles_vehicle car ON car.id = made.vehicle_id JOIN staff ON staff.id = made.advisor_id "
    "JOIN customers_customer customer ON customer.id = made.customer_id ORDER BY 1",
}


def contents(cursor: Any = None) -> dict[str, list[Any]]:
    """What the store's tables say, but for ids and times of this very import."""
    if cursor is None:
        with connection.cursor() as own:
            return contents(own)
    found: dict[str, list[Any]] = {}
    for name in STORE_TABLES:
        cursor.execute(f"SELECT to_jsonb(one)::text FROM {name} AS one")
        rows = [json.loads(row[0]) for row in cursor.fetchall()]
        told = [{key: row[key] for key in row if key not in OWN and not key.endswith("_id")} for row in rows]
        found[name] = sorted(map(str, told))
    for name, query in LINKED.items():
        cursor.execute(query)
        found[name] = cursor.fetchall()
    return found


@contextmanager
def held_at(admin: psycopg.Connection[Any], schema: str, table: str) -> Iterator[Callable[..., int]]:
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
        admin.execute(f"LOCK TABLE {schema}.{table} IN SHARE MODE".encode())
        yield waiting

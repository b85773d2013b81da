"""Imports for tests: what the command line does, without its words."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import connection
from django.utils import timezone
from dms_cases import csv_bytes, table

from crm.dms import actions, running
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


def bring(path: Path, kind: Kind) -> running.Result:
    """Imports the file for good."""
    run = upload(path, kind)
    actions.queue(run, now=timezone.now())
    result = running.apply(run.pk)
    assert result is not None, ImportRun.objects.get(pk=run.pk).message
    return result


def look(path: Path, kind: Kind) -> running.Result:
    """What the import would do."""
    return running.compare_only(read_from(path, kind), now=timezone.now(), watch=Watch())


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

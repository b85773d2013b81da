"""Migrating all tenants, beside the stock command on some of them."""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import database
from bench.common import NAME, ROOT, quietly_migrate, say, stock_migrate, timed
from bench.figures import Figure
from django.db import connections
from rollout_support import column, write_later

from tenants import migrating
from tenants.models import Tenant

COLUMN = f"bench_{os.getpid()}"


def migrations(stock: int) -> list[Figure]:
    names = list(Tenant.objects.filter(kind="dealer").values_list("schema_name", flat=True)[:stock])
    all_of_them = len(migrating.everybody())
    nothing = statistics.median([on_fresh_connections(quietly_migrate) for _time in range(3)])
    whole_command()  # makes schemas for the pool, if some are missing
    say(f"the whole command with nothing to do, its start and the pool included: {whole_command():.1f} s")
    with timed() as stock_nothing:
        for name in names:
            stock_migrate(name)
    with (
        tempfile.TemporaryDirectory() as folder,
        write_later(Path(folder), "customers", column(f"bench_{os.getpid()}")),
    ):
        with timed() as stock_column:
            for name in names:
                stock_migrate(name)
        with timed() as one_column:
            report = quietly_migrate()
        say(f"one column: {report.behind} schemas in {one_column():.1f} s")
        forget_later()
    found = []
    for what, ours, reference, goal, times in (
        ("migrate, nothing to do", nothing, stock_nothing(), 2.0, 1000),
        ("migrate, one new column", one_column(), stock_column(), 10.0, 100),
    ):
        whole = reference / len(names) * all_of_them
        found.append(
            Figure(
                what,
                f"{ours:.1f} s ({whole / ours:,.0f} ×)",
                f"≤ {goal:.0f} s, ≥ {times:,} ×",
                f"{whole / 60:.1f} min for {all_of_them} ({reference / len(names):.2f} s each, {len(names)} tried)",
                ours <= goal and whole / ours >= times,
            )
        )
    return found


def on_fresh_connections(work: Callable[[], Any]) -> float:
    """Seconds that ``work`` takes when PostgreSQL's processes have seen none of the schemas yet."""
    connections.close_all()
    with timed() as taken:
        work()
    return taken()


def whole_command() -> float:
    """Seconds of wall time for what an operator types."""
    with timed() as taken:
        subprocess.run(
            [sys.executable, ROOT / "manage.py", "migrate_tenants"],
            check=True,
            env=database.process_environment(NAME),
            stdout=subprocess.DEVNULL,
        )
    return taken()


def forget_later() -> None:
    """The bench's own column goes again: the next run adds its own."""
    provisioner = connections["provisioner"]
    schemas = [one.schema for one in migrating.everybody()]
    with provisioner.cursor() as cursor:
        for schema in ["public", *schemas]:
            cursor.execute(f'DELETE FROM "{schema}".django_migrations WHERE name LIKE %s', ["09%"])
            cursor.execute("SELECT to_regclass(%s)", [f'"{schema}".customers_customer'])
            if schema != "public" and cursor.fetchone()[0]:
                cursor.execute(f'ALTER TABLE "{schema}".customers_customer DROP COLUMN {COLUMN}')

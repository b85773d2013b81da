"""What planning costs: ``python tests/bench/planning.py --vehicles=50000``.

Three years of a store are generated, then planned from nothing in three ways: the kernel alone, in memory; a store
that begins today with its history imported; and a store in which every follow-up of the three years is asked for at
once, which no store does and in which writing the rows is the larger part. Then the forecast of all four standards,
which is what the standards' page waits for. The reference, in the same run: a plain COPY of the very rows that were
planned into the same empty table of the same store, with its triggers and indexes, in one transaction. Processor
seconds are this process's and its PostgreSQL backend's.
"""

import argparse
import cProfile
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform"), str(ROOT / "tests")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sanfang.settings.test")

import django

django.setup()

import database
import psycopg
from bench.figures import Figure, table
from django.db import connection, transaction
from django.utils import timezone

from crm.followups import facts, planner
from crm.followups.forecast import forecast
from crm.followups.models import FollowUp, PlanState
from crm.store.models import Store
from crm.store.queries import store
from sanfang.kernel.followups import RulesKernel
from sanfang.standards.packs import load_pack, shipped_packs
from sanfang.tenancy.context import current_tenant, inside
from tenants.models import Tenant

NAME = "sanfang_bench_planning"
GOAL_SECONDS, GOAL_SHARE = 20, 0.25
ORDERS_A_CAR = 6


class Cost:
    """``wall``, ``python`` and ``postgres``: seconds by the clock and of processors."""

    def __init__(self) -> None:
        self.wall = self.python = self.postgres = 0.0

    def __str__(self) -> str:
        return f"{self.wall:.1f} s ({self.python:.1f} Python + {self.postgres:.1f} PostgreSQL processor seconds)"


@contextmanager
def cost() -> Iterator[Cost]:
    found, pid = Cost(), backend()
    wall, python, postgres = time.perf_counter(), time.process_time(), ticks(pid)
    yield found
    found.wall, found.python = time.perf_counter() - wall, time.process_time() - python
    found.postgres = ticks(pid) - postgres
    print(f"{time.strftime('%H:%M:%S')}  {found}", flush=True)


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def ticks(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def grow(schema: str, vehicles: int) -> None:
    words = {"many": vehicles, "orders": vehicles * ORDERS_A_CAR, "today": timezone.localdate()}
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8").format(**words)
    with psycopg.connect(database.admin_url(), dbname=NAME, autocommit=True) as admin:
        admin.execute(f"SET search_path TO {schema}")
        admin.execute("SET session_replication_role = replica")  # no history of what is only made up
        admin.execute(text)
        admin.execute("VACUUM ANALYZE")


def start_anew(years: int) -> None:
    """Nothing planned yet, in a store that has been at it for so long."""
    schema = current_tenant().schema_name
    with psycopg.connect(database.admin_url(), dbname=NAME, autocommit=True) as admin:
        admin.execute(f"TRUNCATE {schema}.followups_followup, {schema}.followups_planstate CASCADE")
    day = timezone.localdate() - timedelta(days=365 * years)
    Store.objects.update(go_live=day, changed_at=timezone.now() - timedelta(hours=1))


def kernel_alone(vehicles: int) -> tuple[float, int]:
    """Processor seconds of the rules for every car, its history in memory; and how many follow-ups they ask for."""
    place, now = store(), timezone.now()
    rules = RulesKernel(place.pack.ruleset, place.calendar)
    spent, asked = 0.0, 0
    ids = list(PlanState.objects.filter(subject=PlanState.Subject.VEHICLE).order_by("pk").values_list("pk", flat=True))
    for start in range(0, vehicles, 1000):
        histories = facts.vehicle_facts(ids[start : start + 1000], place, now)
        began = time.process_time()
        for one in histories:
            asked += len(rules.vehicle(one.history, {}, now).made)
        spent += time.process_time() - began
    return spent, asked


@contextmanager
def without_limit(cursor: Any) -> Iterator[None]:
    """The planner's statements are short; the reference is one long one."""
    cursor.execute("SET LOCAL statement_timeout = 0")
    yield


def plain_copy() -> tuple[Cost, int]:
    """The rows that were planned, out and in again by COPY."""
    columns = "(" + ", ".join(str(field.column) for field in FollowUp._meta.local_concrete_fields) + ")"
    rows: list[bytes] = []
    with connection.cursor() as cursor, cursor.copy(f"COPY followups_followup {columns} TO STDOUT") as out:
        rows.extend(bytes(block) for block in out)
    start_anew(3)
    with (
        cost() as spent,
        transaction.atomic(),
        connection.cursor() as cursor,
        without_limit(cursor),
        cursor.copy(f"COPY followups_followup {columns} FROM STDIN") as into,
    ):
        for block in rows:
            into.write(block)
    return spent, FollowUp.objects.count()


def figures(vehicles: int = 50_000, profile: str = "") -> list[Figure]:
    database.copy(database.ensure_template(), NAME)
    database.use(NAME)
    try:
        tenant = Tenant.objects.get(slug="chengdu")
        grow(tenant.schema_name, vehicles)
        with inside(tenant):
            return measured(vehicles, profile)
    finally:
        connection.close()
        database.drop(NAME)


def measured(vehicles: int, profile: str) -> list[Figure]:
    start_anew(0)
    with cost() as begun:
        adopted = planner.plan(timezone.now())
    spent, asked = kernel_alone(vehicles)
    with cost() as looked:
        forecast([load_pack(pack) for pack in shipped_packs()], store(), timezone.now(), 56)
    start_anew(3)
    watch = cProfile.Profile()
    if profile:
        watch.enable()
    with cost() as whole:
        result = planner.plan(timezone.now())
    if profile:
        watch.disable()
        watch.dump_stats(profile)
    with cost() as idle:
        again = planner.plan(timezone.now())
    assert again.made == 0
    copied, rows = plain_copy()
    cars, orders = f"{vehicles:,} vehicles", f"{vehicles * ORDERS_A_CAR:,} orders"
    return [
        Figure(
            f"a store begins today: {cars} with three years of history, {orders}; {adopted.made:,} follow-ups made",
            str(begun),
            f"≤ {GOAL_SECONDS} s",
            f"the rules alone, in memory: {spent:.1f} s",
            begun.wall <= GOAL_SECONDS,
        ),
        Figure(
            f"all of the three years asked for at once: {result.made:,} follow-ups made",
            f"{whole}; {result.made / whole.wall:,.0f} a second, {copied.wall / whole.wall:.2f} of a plain COPY",
            f"≥ {GOAL_SHARE} of a plain COPY, triggers on",
            f"COPY of the same {rows:,} rows: {copied}",
            copied.wall / whole.wall >= GOAL_SHARE,
        ),
        Figure(
            "planned once more: nothing to do",
            f"{idle.wall * 1000:.0f} ms",
            "≤ 1,000 ms",
            "the first plan",
            idle.wall <= 1,
        ),
        Figure(
            "what would the four standards ask of us, 56 days",
            str(looked),
            "≤ 60 s in the background",
            f"the rules alone, of one standard: {spent:.1f} s for {asked:,} follow-ups",
            looked.wall <= 60,
        ),
    ]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--vehicles", type=int, default=50_000)
    options.add_argument("--profile", default="", help="where the profile of the large plan is written")
    asked = options.parse_args()
    found = figures(asked.vehicles, asked.profile)
    print(f"\n{timezone.now():%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores\n")
    print(table(found))
    return 0 if all(figure.good for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())

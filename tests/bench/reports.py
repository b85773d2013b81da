"""What the manager's pages cost: ``python tests/bench/reports.py --customers=100000``.

A store with three years of calls: every customer has a car, about one and a half visits a year, a call after each and a
reminder before each. The rows are made by SQL (reports.sql) with triggers off; the pages are asked through the whole
request, signed in. Processor milliseconds are this process's and its PostgreSQL backend's, without parallel workers, so
that none are missed.
The reference, in the same run: reading the year's calls once, and counting them by month.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform"), str(ROOT / "tests")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sanfang.settings.test")

import django

django.setup()

import database
import psycopg
from bench.figures import Figure, table
from bench.people import session_of
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sanfang.tenancy.context import door, inside
from tenants.models import Membership, Tenant

GOAL_STATEMENTS, GOAL_PANEL, GOAL_PAGE, GOAL_BOARD = 12, 2_000, 1_000, 250
ANSWERS = (
    '{"overall": {"value": 4, "reasons": []}, "advisor": {"value": 5, "reasons": []}, '
    '"explanation": {"value": 4, "reasons": []}, "repaired": {"value": "yes", "reasons": []}, '
    '"clean": {"value": true, "reasons": []}, "waiting-area": {"value": 3, "reasons": []}, '
    '"opinion": {"value": null, "reasons": []}}'
)
REFERENCE = """SELECT date_trunc('month', due AT TIME ZONE 'Asia/Shanghai'), count(*) FROM followups_followup
                WHERE due >= now() - interval '1 year' AND due < now() GROUP BY 1"""


def grow(name: str, schema: str, customers: int) -> int:
    """Three years of a store's life; how many calls they came to."""
    from sanfang.standards.packs import load_pack

    orders = customers * 9 // 2
    text = (
        Path(__file__)
        .with_suffix(".sql")
        .read_text(encoding="utf-8")
        .format(many=customers, orders=orders, version=load_pack("changan-dcrc").version, answers=ANSWERS)
    )
    with psycopg.connect(database.admin_url(), dbname=name, autocommit=True) as admin:
        admin.execute(f"SET search_path TO {schema}")
        admin.execute("SET session_replication_role TO replica")
        for statement in text.split(";\n"):
            if statement.strip():
                admin.execute(statement)
        for one in ("customers_customer", "vehicles_vehicle", "vehicles_ownership", "vehicles_repairorder",
                    "followups_followup", "followups_attempt", "surveys_response"):  # fmt: skip
            admin.execute(f"VACUUM ANALYZE {one}")
        row = admin.execute("SELECT count(*) FROM followups_followup").fetchone()
        assert row
        return int(row[0])


def cpu_ms(act: Callable[[], object]) -> tuple[float, float]:
    """Processor and wall milliseconds, the least of three times."""
    pid = connection.connection.info.backend_pid
    found = []
    for _ in range(3):
        wall, before = time.perf_counter(), _ticks(pid) + time.process_time() * 1000
        act()
        found.append((_ticks(pid) + time.process_time() * 1000 - before, (time.perf_counter() - wall) * 1000))
    return min(found)


def _ticks(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def figures(customers: int = 100_000) -> list[Figure]:
    name = "sanfang_bench_reports"
    database.copy(database.ensure_template(), name)
    database.use(name)
    try:
        return measured(name, customers)
    finally:
        connection.close()
        database.drop(name)


def measured(name: str, customers: int) -> list[Figure]:
    chengdu = Tenant.objects.get(slug="chengdu")
    calls = grow(name, chengdu.schema_name, customers)
    with psycopg.connect(database.admin_url(), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} SET max_parallel_workers_per_gather TO 0")
    connection.close()
    with door():
        person = Membership.objects.select_related("user").get(tenant=chengdu, role="crc_manager").user
        key = session_of(chengdu, person)
    client = Client(SERVER_NAME="chengdu.localhost")
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    with inside(chengdu), connection.cursor() as cursor:
        once = cpu_ms(lambda: cursor.execute(REFERENCE))
    reference = f"the year's calls counted once: {once[0]:.0f} ms"
    pages = [
        ("KPI panel with 12 months of trend", "/kpis/", GOAL_PANEL),
        ("one KPI: trend, people, rules", "/kpis/figure/?kpi=callback_success", GOAL_PAGE),
        ("the records behind a figure", "/kpis/records/?kpi=callback_success&missed=1", GOAL_PAGE),
        ("customer base with 12 months", "/kpis/figure/?kpi=customer_base", GOAL_PANEL),
        ("daily report", "/reports/?kind=service&day=" + _yesterday(), GOAL_BOARD),
        ("team board", "/team/", GOAL_BOARD),
    ]
    found = []
    for what, path, goal in pages:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        with CaptureQueriesContext(connection) as statements:
            client.get(path)
        asked = len(statements)
        cost, wall = cpu_ms(lambda path=path: client.get(path))  # type: ignore[misc]
        found.append(
            Figure(
                f"{what}, {calls:,} calls of {customers:,} customers",
                f"{asked} statements, {cost:.0f} ms of processors ({wall:.0f} ms by the clock)",
                f"≤ {GOAL_STATEMENTS} statements, ≤ {goal:,} ms",
                reference,
                asked <= GOAL_STATEMENTS and cost <= goal,
            )
        )
    return found


def _yesterday() -> str:
    return f"{timezone.localtime() - timedelta(days=1):%Y-%m-%d}"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--customers", type=int, default=100_000)
    found = figures(options.parse_args().customers)
    print(f"\n{timezone.now():%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores\n")
    print(table(found))
    return 0 if all(figure.good for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())

"""What a thousand tenants cost: ``make bench-tenancy`` (TENANTS=1000, STOCK=20).

One database with that many tenants is built once and kept. Each figure stands beside a reference measured in the same
run and the same database: Django's and django-tenants' own way, tried on STOCK tenants and extrapolated to all of them
in a straight line (it works through tenants one by one). A memory reference is measured without recycling on as many
schemas as STOCK says, and extrapolated likewise.
"""

import argparse
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform"), str(ROOT / "tests")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sanfang.settings.test")

import django

django.setup()

import database
from bench.common import NAME, quietly_migrate, say, signed_in, stock_migrate, timed
from bench.figures import Figure, table
from bench.pages import empty_page, memory, signed_in_page
from bench.rollouts import migrations
from django.conf import settings
from django.db import connections
from django.utils import timezone

from sanfang.ops.roles import bootstrap
from tenants import provisioning, templates
from tenants.actions import add_member
from tenants.life import aside
from tenants.life.backing_up import back_up
from tenants.life.restoring import restore
from tenants.models import PooledSchema, Tenant, User

logging.disable(logging.INFO)
CLAIMED = 100
"""Tenants whose claim and first page are timed."""


# --- the database ---------------------------------------------------------------------------
def build(tenants: int) -> list[float]:
    """Claims tenants until there are so many. Returns what each schema that was made took, in seconds."""
    bootstrap(database.admin_url(), NAME, database.SECRETS)
    database.use(NAME)
    quietly_migrate()
    times: list[float] = []
    missing = tenants - Tenant.objects.filter(kind="dealer").count()
    began = time.perf_counter()
    for number in range(missing):
        with timed() as taken, provisioning.being_made("dealer") as row:
            PooledSchema.objects.filter(pk=row.pk).update(ready=True)
        times.append(taken())
        slug = f"store-{time.time_ns():x}"
        provisioning.claim(kind="dealer", slug=slug, name=f"{slug} 汽车销售服务有限公司", short_name=slug[-12:])
        if number % 50 == 49:
            say(f"{number + 1}/{missing} tenants ({time.perf_counter() - began:.0f} s)")
    return times


# --- the figures ----------------------------------------------------------------------------
def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def refills(made: list[float]) -> Figure:
    """Schemas made with all the others already there."""
    times = list(made[-20:])
    while len(times) < 10:
        with timed() as taken, provisioning.being_made("dealer") as row:
            PooledSchema.objects.filter(pk=row.pk).update(ready=True)
        times.append(taken())
    middle = statistics.median(times)
    return Figure("pool refill, a schema", f"{middle:.2f} s", "≤ 1 s", "0.6–0.8 s (lab)", middle <= 1)


def creating(stock: int) -> tuple[float, str]:
    """A tenant as django-tenants makes it: a schema, and every migration in it."""
    times = []
    for number in range(stock):
        name = f"t_stock_{number}"
        with timed() as taken:
            provisioning.make_schema(name)
            stock_migrate(name)
        times.append(taken())
        provisioning.drop_schema(name)
    return statistics.median(times), f"{statistics.median(times):.1f} s, median of {stock}"


def claims(stock: int) -> Figure:
    provisioning.refill("dealer", size=CLAIMED)
    claiming, opening, whole = [], [], []
    for number in range(CLAIMED):
        slug = f"new-{time.time_ns() % 10**9:09d}-{number}"
        user = User.objects.create(name="唐敏", email=f"{slug}@example.com")
        began = time.perf_counter()
        tenant = provisioning.claim(kind="dealer", slug=slug, name=f"{slug} 汽车", short_name=slug[:20])
        claiming.append(time.perf_counter() - began)
        add_member(tenant, user, "crc_manager")
        opening.append(time.perf_counter() - began)
        whole.append(opening[-1] + first_page(tenant, user))
    reference, words = creating(stock)
    for what, times in (("claim alone", claiming), ("with its first person", opening), ("and the first page", whole)):
        say(f"{what}: p50 {statistics.median(times) * 1000:.1f} ms, p95 {p95(times) * 1000:.1f} ms")
    ratio = reference / p95(whole)
    return Figure(
        "claim a tenant, sign-up to first page",
        f"p95 {p95(whole) * 1000:.0f} ms ({ratio:,.0f} ×)",
        "≤ 50 ms, ≥ 1,000 ×",
        words,
        p95(whole) <= 0.05 and ratio >= 1000,
    )


def first_page(tenant: Tenant, user: User) -> float:
    """Seconds that the server takes for the page on which a member of ``tenant`` lands."""
    client = signed_in(tenant, user)
    began = time.perf_counter()
    answer = client.get("/workbench/", headers={"host": f"{tenant.slug}{settings.TENANT_HOST_SUFFIX}"})
    assert answer.status_code == 200, answer.status_code
    return time.perf_counter() - began


def life(times: int = 5) -> list[Figure]:
    """One tenant of all backed up, and put back to that."""
    tenant = Tenant.objects.filter(kind="dealer").order_by("-id")[0]
    saving, returning = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(times):
            with timed() as taken:
                backup = back_up(tenant, Path(folder) / str(number), by="bench", heard=lambda *progress: None)
            saving.append(taken())
            with timed() as taken:
                restored = restore(tenant, backup, by="bench", heard=lambda *progress: None)
            returning.append(taken())
            aside.discard_all(tenant)
            assert restored
        with timed() as dumping:
            dump(tenant.schema_name, Path(folder) / "stock.sql")
    words = f"pg_dump -n {dumping():.1f} s, once"
    ours, theirs = statistics.median(saving), statistics.median(returning)
    return [
        Figure("back up one of them (empty)", f"{ours:.1f} s", "≤ 10 s", words, ours <= 10),
        Figure("restore it", f"{theirs:.1f} s", "≤ 20 s", words, theirs <= 20),
    ]


def dump(schema: str, target: Path) -> None:
    """One schema as PostgreSQL's own program takes it out of the database."""
    subprocess.run(
        [templates.pg_dump(), f"--schema={schema}", f"--file={target}", database.address_of("provisioner", NAME)],
        check=True,
        env={"PATH": os.environ["PATH"], "PGOPTIONS": "-c role=sanfang_owner"},
    )


def budget() -> Figure:
    with connections["provisioner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 't_template_dealer'")
        count = cursor.fetchone()[0]
    return Figure(
        "tables in a dealer's schema", str(count), "≤ 80", "tests/architecture/table_budget.yaml", count <= 80
    )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tenants", type=int, default=1000)
    options.add_argument("--stock", type=int, default=20)
    asked = options.parse_args()
    say(f"{asked.tenants} tenants, references on {asked.stock}")
    made = build(asked.tenants)
    # First of all: what the others load would weigh on this process's every request.
    figures = [empty_page(), signed_in_page(), refills(made)]
    parts: list[Callable[[], list[Figure]]] = [
        lambda: migrations(asked.stock),
        lambda: [claims(asked.stock)],
        life,
        lambda: memory(asked.stock),
        lambda: [budget()],
    ]
    for part in parts:
        found = part()
        figures += found
        for figure in found:
            say(f"{figure.what}: {figure.ours}")
    print(f"\n{timezone.now():%Y-%m-%d %H:%M} UTC, {asked.tenants} tenants, {os.cpu_count()} cores\n")
    print(table(figures))
    return 0 if all(figure.good for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())

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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform"), str(ROOT / "tests")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sanfang.settings.test")

import django

django.setup()

import database
from bench.figures import Figure, table
from bench.people import session_of
from django.conf import settings
from django.core.management.commands.migrate import Command as Migrate
from django.db import close_old_connections, connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rollout_support import column, write_later

from sanfang.kernel.permissions import Actor
from sanfang.ops.roles import bootstrap
from sanfang.tenancy.context import inside
from sanfang.tenancy.rollout import fleet
from tenants import middleware, migrating, provisioning, templates
from tenants.actions import add_member
from tenants.life import aside
from tenants.life.backing_up import back_up
from tenants.life.restoring import restore
from tenants.models import PooledSchema, Tenant, User

NAME = "sanfang_bench"
logging.disable(logging.INFO)
COLUMN = f"bench_{os.getpid()}"
CLAIMED = 100
"""Tenants whose claim and first page are timed."""


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    began = time.perf_counter()
    taken: list[float] = []
    yield lambda: taken[0] if taken else time.perf_counter() - began
    taken.append(time.perf_counter() - began)


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


def quietly_migrate() -> fleet.Report:
    report = migrating.migrate_everything(lambda target, error: None, lambda behind: None, parallel=2)
    assert not report.failed, report.failed
    return report


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


def signed_in(tenant: Tenant, user: User) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session_of(tenant, user)
    return client


def stock_migrate(schema: str) -> None:
    """As ``migrate_schemas --schema`` does it."""
    provisioner: Any = connections["provisioner"]
    provisioner.set_schema(schema, include_public=False, tenant_type="dealer")
    try:
        Migrate().run_from_argv(["manage.py", "migrate", "--database=provisioner", "--verbosity=0"])
    finally:
        provisioner.set_schema_to_public()


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


def empty_page() -> Figure:
    """What tenancy adds to a page without queries: host to tenant, role and path, and back."""
    tenant = Tenant.objects.filter(kind="dealer").order_by("id")[0]
    host = f"{tenant.slug}{settings.TENANT_HOST_SUFFIX}"
    actor = Actor(staff_id=tenant.pk, name="", role="", capabilities=frozenset(), user_id=1)

    def view(request: HttpRequest) -> HttpResponse:
        connection.ensure_connection()
        with connection.cursor():
            return HttpResponse("")

    def signed(handler: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
        def call(request: HttpRequest) -> HttpResponse:
            request.actor = actor  # type: ignore[attr-defined]
            return handler(request)

        return call

    ours = middleware.TenantOfHostMiddleware(signed(middleware.EnterTenantMiddleware(view)))
    requests = [RequestFactory().get("/", headers={"host": host}) for _ in range(500)]
    settings.ALLOWED_HOSTS = ["*"]
    ours(requests[0])
    with CaptureQueriesContext(connection) as asked:
        ours(requests[1])
    bare = cpu(view, requests)
    spent = cpu(ours, requests) - bare
    reference = cpu(_stock_middleware(view), requests) - bare
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    return Figure(
        "tenancy on an empty page, role included",
        f"{len(asked)} statements, {spent * 1000:.2f} ms CPU",
        "≤ 1 statement, ≤ 0.7 ms",
        f"stock middleware {reference * 1000:.2f} ms CPU",
        len(asked) <= 1 and spent <= 0.0007,
    )


def signed_in_page() -> Figure:
    """The same on a page as people have it, with session, person and memberships, which are read at the door."""
    tenant = Tenant.objects.filter(kind="dealer").order_by("id")[0]
    user = User.objects.create(name="唐敏", email=f"page-{time.time_ns()}@example.com")
    add_member(tenant, user, "crc_manager")
    client, host = signed_in(tenant, user), f"{tenant.slug}{settings.TENANT_HOST_SUFFIX}"
    client.get("/messages/", headers={"host": host})
    with CaptureQueriesContext(connection) as asked:
        client.get("/messages/", headers={"host": host})
    places = sum("set_config('role'" in one["sql"] for one in asked)
    return Figure(
        "of a signed-in page",
        f"{places} statements for role and path, {len(asked) - places} others",
        "—",
        "the door for the session, then the tenant",
        True,
    )


def _stock_middleware(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    from django_tenants.middleware import TenantMainMiddleware

    return TenantMainMiddleware(view)  # type: ignore[no-any-return]


def cpu(work: Callable[[HttpRequest], HttpResponse], requests: Sequence[HttpRequest]) -> float:
    """CPU seconds of this process for one call."""
    began = time.process_time()
    for request in requests:
        work(request)
    return (time.process_time() - began) / len(requests)


def memory(stock: int) -> list[Figure]:
    """This process and its backend after serving every tenant a page; and without recycling, on ``stock`` of them."""
    user = User.objects.filter(email__startswith="bench-").first() or User.objects.create(
        name="方以宁", email="bench-memory@example.com"
    )
    tenants = list(Tenant.objects.filter(kind="dealer").order_by("id"))
    backend = 0
    for number, tenant in enumerate(tenants):
        add_member(tenant, user, "crc_manager")
        answer = signed_in(tenant, user).get(
            "/workbench/", headers={"host": f"{tenant.slug}{settings.TENANT_HOST_SUFFIX}"}
        )
        assert answer.status_code == 200
        # As at the end of every request; Django's test client leaves connections alone.
        close_old_connections()
        backend = max(backend, private(backend_pid()))
        if number % 200 == 199:
            say(f"{number + 1} tenants served: web {private(os.getpid())} MB, backend at most {backend} MB")
    web = private(os.getpid())
    connection.close()
    connection.ensure_connection()
    before = private(backend_pid())
    for tenant in tenants[:stock]:
        with inside(tenant), connection.cursor() as cursor:
            for table in tables(cursor, tenant.schema_name):
                cursor.execute(f'SELECT count(*) FROM "{table}"')
    each = (private(backend_pid()) - before) / len(tenants[:stock])
    return [
        Figure("web worker after all tenants", f"{web} MB", "≤ 250 MB", "—", web <= 250),
        Figure(
            "database backend after all tenants",
            f"{backend} MB at most",
            "≤ 150 MB",
            f"without recycling {before + each * len(tenants):,.0f} MB ({each:.1f} MB a schema, {stock} tried)",
            backend <= 150,
        ),
    ]


def tables(cursor: Any, schema: str) -> list[str]:
    cursor.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename <> 'django_migrations'", [schema]
    )
    return [row[0] for row in cursor.fetchall()]


def backend_pid() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


def private(pid: int) -> int:
    """Megabytes that a process has for itself alone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        # As another user: what isn't shared, by the short form.
        pages = Path(f"/proc/{pid}/statm").read_text().split()
        return (int(pages[1]) - int(pages[2])) * 4 // 1024
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private")) // 1024


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

"""What a page costs because there are many tenants: statements, CPU, memory."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.common import say, signed_in
from bench.figures import Figure
from django.conf import settings
from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from tenants import middleware
from tenants.actions import add_member
from tenants.models import Tenant, User


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

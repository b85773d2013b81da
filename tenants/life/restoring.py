"""Putting one tenant back to a backup, whole or not at all.

One transaction sets the present schema aside under another name and builds the backup's under the final one; at no
moment is there half of either. Then it gets today's migrations and its files, and the door opens. Whatever dies on
the way, :func:`finish` leads on to one of two ends: all of the backup, or all of what was before.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from sanfang.audit.operations import APPEND_ONLY
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import door
from sanfang.tenancy.rollout import fleet
from sanfang.tenancy.rollout.states import Target
from tenants.life import archives, folders, snapshot
from tenants.life.aside import aside_name, schema_exists, stamp_of
from tenants.life.backing_up import AFTER, BEFORE, ROWS
from tenants.life.models import Deed
from tenants.life.people import staff_of_today
from tenants.life.work import OPEN_OR_SUSPENDED, Alone, Heard, alone_with, deed, let_in, refuse_unless
from tenants.models import Tenant
from tenants.provisioning import make_schema

# What pg_dump's SQL and COPY's text count on, for this transaction only.
SPELLING = (
    "SET LOCAL search_path = ''; SET LOCAL check_function_bodies = off; SET LOCAL xmloption = content; "
    "SET LOCAL standard_conforming_strings = on; SET LOCAL DateStyle = ISO; SET LOCAL IntervalStyle = postgres"
)


PASSING = (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError)
"""A lost connection, a table somebody holds, a full disk: nothing that the rows or the migration are to blame for."""


class NotRestored(DomainError):
    """The backup couldn't be brought in; everything is as it was before."""


@dataclass(frozen=True, slots=True)
class Restored:
    taken_at: str
    rows: int
    files: int
    set_aside: str


def restore(tenant: Tenant, path: Path, *, by: str, heard: Heard, dry_run: bool = False) -> Restored:
    """The tenant as it was when the backup at ``path`` was taken; people's access stays today's.

    Refused, with nothing changed, for a file that is damaged, or another tenant's, or from a newer version.
    """
    with alone_with(tenant, look_only=dry_run) as alone, archives.opened(path) as archive:
        refuse_unless(tenant, *OPEN_OR_SUSPENDED)
        _refuse_wrong(archive.manifest, tenant)
        with _before_anything():
            archive.verify(heard)
        stamp = stamp_of(timezone.now())
        files = sum(name.startswith(archives.FILES) for name in archive.manifest["members"])
        rows = sum(table["rows"] for table in archive.manifest["tables"].values())
        if not dry_run:
            about = {"stamp": stamp, "backup": archive.sha256}
            with deed(tenant, "restore", by, close=True, **about) as row, _no_rollout(), alone.held_twice():
                row.half_done = True
                try:
                    archive.lay_out(f"{tenant.schema_name}_restoring_{stamp}")
                    _swap_in(tenant, archive, stamp, heard)
                finally:
                    finish(alone, row)
        return Restored(archive.manifest["taken_at"], rows, files, aside_name(tenant.schema_name, stamp))


def confirm_restore(tenant: Tenant, path: Path, typed: str, *, lost: Callable[[datetime], str]) -> None:
    """Raises :class:`DomainError` that says what would be lost, unless the tenant's slug was typed."""
    if typed == tenant.slug:
        return
    with archives.opened(path) as archive:
        _refuse_wrong(archive.manifest, tenant)
        said = lost(datetime.fromisoformat(archive.manifest["taken_at"]))
    ask = _("请用 --confirm %(slug)s 确认要恢复的租户。") % {"slug": tenant.slug}
    raise DomainError(f"{said}\n{ask}", code="not_confirmed")


@contextmanager
def _before_anything() -> Iterator[None]:
    """A file that is found damaged here has changed nothing, and whoever reads it should know."""
    try:
        yield
    except DomainError as error:
        if error.code == "damaged":
            raise DomainError(_("备份文件已损坏或不完整，没有改动任何数据。"), code="damaged") from error
        raise


def lead_on(alone: Alone, row: Deed) -> None:
    """A restore whose process died. Raises what keeps it from its end: a rollout, a lost connection."""
    with _no_rollout(), alone.held_twice(), suppress(NotRestored):
        finish(alone, row)


@contextmanager
def _no_rollout() -> Iterator[None]:
    try:
        with fleet.beside():
            yield
    except fleet.Busy as error:
        raise DomainError(_("系统正在升级，请几分钟后再试。"), code="busy") from error


def _refuse_wrong(about: dict[str, Any], tenant: Tenant) -> None:
    if about["what"] != "backup" or about["format"] > archives.FORMAT:
        raise DomainError(_("这不是可以恢复的备份文件。"), code="no_backup")
    if about["tenant"]["schema"] != tenant.schema_name:
        raise DomainError(
            _("备份属于另一个租户“%(slug)s”，不能恢复到“%(here)s”。")
            % {"slug": about["tenant"]["slug"], "here": tenant.slug},
            code="another_tenant",
        )
    if about["tenant"]["kind"] != tenant.kind:
        raise DomainError(_("备份属于另一类租户，不能恢复。"), code="another_kind")
    newer = _newer(about)
    if newer:
        raise DomainError(_("备份来自更新的版本（%(first)s），请先升级。") % {"first": newer}, code="newer_version")


def _newer(about: dict[str, Any]) -> str:
    """The first thing in a backup that this version doesn't know yet, or ""."""
    server: Any = connections["provisioner"]
    if about["postgres"] // 10_000 > server.pg_version // 10_000:
        return f"PostgreSQL {about['postgres'] // 10_000}"
    on_disk = MigrationLoader(None).disk_migrations or {}
    known = {*on_disk, *(tuple(old) for migration in on_disk.values() for old in migration.replaces)}
    return next((f"{app}.{name}" for app, name in about["migrations"] if (app, name) not in known), "")


def _swap_in(tenant: Tenant, archive: archives.Opened, stamp: str, heard: Heard) -> None:
    """The one transaction."""
    schema = tenant.schema_name
    connection: Any = connections["provisioner"]
    with transaction.atomic(using="provisioner"), connection.cursor() as cursor:
        aside = aside_name(schema, stamp)
        cursor.execute(f'ALTER SCHEMA "{schema}" RENAME TO "{aside}"')
        cursor.execute(f'REVOKE ALL ON SCHEMA "{aside}" FROM "{schema}"')
        make_schema(schema)
        # Nobody comes in before all is done: a request from before the door was closed may still be under way.
        cursor.execute(f'REVOKE ALL ON SCHEMA "{schema}" FROM "{schema}"')
        raw = connection.connection
        raw.execute(SPELLING)
        raw.execute(archive.text(BEFORE).encode())
        _copy_in(raw, schema, archive, heard)
        raw.execute(archive.text(AFTER).encode())
        for name, (last, used) in archive.manifest["sequences"].items():
            cursor.execute("SELECT setval(%s, %s, %s)", [f'"{schema}"."{name}"', last, used])
        for name in archive.manifest["tables"]:
            cursor.execute(f'ANALYZE "{schema}"."{name}"')
        cursor.execute(f'SET LOCAL search_path = "{schema}"')
        cursor.execute(APPEND_ONLY)


def _copy_in(raw: Any, schema: str, archive: archives.Opened, heard: Heard) -> None:
    tables = archive.manifest["tables"]
    for number, (name, table) in enumerate(tables.items(), start=1):
        columns = snapshot.columns_sql(table["columns"])
        with raw.cursor() as cursor:
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(schema, name), columns)) as copy:
                for chunk in archive.chunks(ROWS + name):
                    copy.write(chunk)
            if cursor.rowcount != table["rows"]:
                raise RuntimeError(f"{name}: {cursor.rowcount} rows instead of {table['rows']}")
        heard(name, number, len(tables))


def finish(alone: Alone, row: Deed) -> None:
    """What is left to do after the transaction, or in its place. Repeatable, from whatever a dead process left.

    Was it committed, the schema is brought to today's migrations and gets its files. Can't it be, everything is as it
    was before, and :class:`NotRestored` says why; only a migration that fails, or files that are gone, mean that. Any
    other error leaves the row ``half_done``, and somebody goes on from here. Wasn't it committed, only the files that
    were laid out are to be cleared away.
    """
    tenant, stamp = alone.tenant, row.details["stamp"]
    schema = tenant.schema_name
    alone.check()
    if not schema_exists(aside_name(schema, stamp)):
        folders.swap_back(schema, stamp)
    else:
        trouble = _not_migrated(tenant) if folders.are_laid_out(schema, stamp) else _no_files()
        alone.check()
        if trouble:
            _put_back(tenant, stamp)
            row.half_done = False
            raise trouble
        folders.swap_in(schema, stamp)
        let_in(tenant)
        with door():
            Tenant.objects.filter(pk=tenant.pk).update(behind="")
        staff_of_today(tenant)
    row.half_done = False


def _not_migrated(tenant: Tenant) -> NotRestored | None:
    """Brings the restored schema to today's migrations, or says why that can't be."""
    try:
        fleet.migrate_one(Target(tenant.schema_name, tenant.kind, tenant.slug))
    except PASSING:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        trouble = NotRestored(
            _("备份无法升级到当前版本，门店保持恢复前的样子：%(reason)s") % {"reason": reason}, code="not_migrated"
        )
        trouble.__cause__ = error
        return trouble
    return None


def _no_files() -> NotRestored:
    return NotRestored(_("备份的文件在恢复途中丢失，门店保持恢复前的样子。"), code="files_lost")


def _put_back(tenant: Tenant, stamp: str) -> None:
    """The files first: as long as the schema set aside is there, this can be repeated."""
    schema = tenant.schema_name
    folders.swap_back(schema, stamp)
    with transaction.atomic(using="provisioner"), connections["provisioner"].cursor() as cursor:
        cursor.execute(f'DROP SCHEMA "{schema}" CASCADE')
        cursor.execute(f'ALTER SCHEMA "{aside_name(schema, stamp)}" RENAME TO "{schema}"')
        cursor.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO "{schema}"')

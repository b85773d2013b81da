"""Backing up one tenant: its rows by COPY out of one snapshot, its structure, its files."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import door
from tenants.life import archives, snapshot
from tenants.life.speech import reason_of
from tenants.life.structure import structure_of
from tenants.life.work import OPEN_OR_SUSPENDED, Heard, alone_with, deed, refuse_unless
from tenants.models import Tenant

SUFFIX = ".sanfang-backup.zip"
BEFORE, AFTER, ROWS = "structure/before.sql", "structure/after.sql", "rows/"


@dataclass(frozen=True, slots=True)
class Found:
    """A backup in a folder. ``trouble`` says why it can't be used."""

    path: Path
    taken_at: datetime | None
    rows: int
    trouble: str = ""


def back_up(tenant: Tenant, folder: Path, *, by: str, heard: Heard, dry_run: bool = False) -> Path:
    """One file in ``folder`` with all that :func:`tenants.life.restoring.restore` needs. The tenant stays open."""
    taken_at = timezone.now()
    target = folder / f"{tenant.slug}-{taken_at.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"
    with alone_with(tenant, look_only=dry_run):
        refuse_unless(tenant, *OPEN_OR_SUSPENDED)
        if dry_run:
            return target
        with deed(tenant, "backup", by, file=str(target.resolve())) as row:
            folder.mkdir(parents=True, exist_ok=True)
            with archives.writing(target) as archive:
                archive.close_with({"what": "backup", **_fill(archive, tenant, taken_at, by, heard)})
            row.details["size"] = target.stat().st_size
    return target


def _fill(archive: archives.Archive, tenant: Tenant, taken_at: datetime, by: str, heard: Heard) -> dict[str, Any]:
    schema = tenant.schema_name
    with snapshot.snapshot_of() as raw:
        tables = snapshot.tables_of(raw, schema)
        (before, after), digest = structure_of(schema, tenant.kind, {table.name for table in tables})
        archive.put(BEFORE, before)
        archive.put(AFTER, after)
        rows = {}
        for number, table in enumerate(tables, start=1):
            rows[table.name] = {"columns": table.kept, "rows": _copy_out(raw, schema, table, archive)}
            heard(table.name, number, len(tables))
        found = {
            "taken_at": taken_at.isoformat(),
            "by": by,
            "tenant": {"schema": schema, "slug": tenant.slug, "name": tenant.name, "kind": tenant.kind},
            "postgres": raw.info.server_version,
            "digest": digest,
            "migrations": snapshot.migrations_of(raw, schema),
            "tables": rows,
            "sequences": snapshot.sequences_of(raw, schema),
            "memberships": _memberships(tenant),
        }
    archive.put_folder(schema, heard)
    return found


def _copy_out(raw: psycopg.Connection[Any], schema: str, table: snapshot.Table, archive: archives.Archive) -> int:
    query = sql.SQL("COPY {} ({}) TO STDOUT").format(
        sql.Identifier(schema, table.name), snapshot.columns_sql(table.kept)
    )
    with archive.member(ROWS + table.name) as member, raw.cursor() as cursor:
        with cursor.copy(query) as copy:
            for chunk in copy:
                member.write(chunk)
        return cursor.rowcount


def _memberships(tenant: Tenant) -> list[dict[str, Any]]:
    """For the record: a restore gives nobody their access back."""
    with door():
        live = tenant.memberships.filter(ended_at__isnull=True).order_by("pk")
        return [
            {"user": one.user_id, "staff": str(one.staff_id), "role": one.role, "since": one.since.isoformat()}
            for one in live
        ]


def backups(tenant: Tenant, folder: Path, *, verify: bool = False) -> list[Found]:
    """The tenant's backups in ``folder``, oldest first, by their manifests; with ``verify`` by every byte.

    Raises :class:`DomainError` when there is no such folder: no backups would be believed.
    """
    if not folder.is_dir():
        raise DomainError(_("没有文件夹“%(folder)s”。") % {"folder": folder}, code="no_folder")
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            with archives.opened(path) as archive:
                about, trouble = archive.manifest, _trouble(archive) if verify else ""
        except (DomainError, OSError) as error:
            if path.name.startswith(f"{tenant.slug}-2"):
                found.append(Found(path, None, 0, reason_of(error) if isinstance(error, OSError) else str(error)))
            continue
        if about["what"] == "backup" and about["tenant"]["schema"] == tenant.schema_name:
            rows = sum(table["rows"] for table in about["tables"].values())
            found.append(Found(path, datetime.fromisoformat(about["taken_at"]), rows, trouble))
    return found


def _trouble(archive: archives.Opened) -> str:
    try:
        archive.verify(lambda what, number, total: None)
    except DomainError as error:
        return str(error)
    return ""

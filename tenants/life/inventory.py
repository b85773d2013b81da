"""What there is of a tenant, counted before the first of it is erased. Numbers and checksums, nobody's data."""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.core.cache import caches

from sanfang.tenancy.context import door
from tenants.life import archives, folders, snapshot
from tenants.life.aside import set_aside
from tenants.life.models import Deed
from tenants.life.work import Heard
from tenants.models import Tenant


def inventory(tenant: Tenant, heard: Heard) -> dict[str, Any]:
    schema = tenant.schema_name
    tables = _rows(schema, heard)
    copies = {name: _rows(name, heard) for name in set_aside(schema)}
    files = [
        [name, path.stat().st_size, archives.sha256_of(path)]
        for folder in folders.all_of(schema)
        for name, path in folders.files_of(folder)
    ]
    archived = [[path.name, archives.sha256_of(path)] for path in backups_of(tenant) if path.exists()]
    with door():
        memberships = tenant.memberships.count()
    return {
        "tables": tables,
        "rows": sum(tables.values()),
        "tables_sha256": checksum(tables),
        "copies": {
            name: {"rows": sum(rows.values()), "tables_sha256": checksum(rows)} for name, rows in copies.items()
        },
        "files": len(files),
        "file_bytes": sum(size for _name, size, _sha in files),
        "files_sha256": checksum(files),
        "backups": len(archived),
        "backups_not_found": len(backups_of(tenant)) - len(archived),
        "backups_sha256": checksum(archived),
        "memberships": memberships,
    }


def _rows(schema: str, heard: Heard) -> dict[str, int]:
    with snapshot.snapshot_of() as raw:
        tables = snapshot.tables_of(raw, schema)
        found = {}
        for number, table in enumerate(tables, start=1):
            found[table.name] = snapshot.count_rows(raw, schema, table.name)
            heard(f"{schema}.{table.name}", number, len(tables))
    return found


def backups_of(tenant: Tenant) -> list[Path]:
    """Where `tenant backup` wrote them. What somebody carried elsewhere isn't known here."""
    with door():
        deeds = Deed.objects.filter(tenant=tenant, verb="backup", outcome=Deed.Outcome.DONE).order_by("pk")
        return [Path(one.details["file"]) for one in deeds]


def drop_backups(tenant: Tenant) -> None:
    for path in backups_of(tenant):
        path.unlink(missing_ok=True)


def checksum(found: Any) -> str:
    return hashlib.sha256(json.dumps(found, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def forget_cached(schema: str) -> int:
    """Deletes whatever the cache holds of the tenant (its keys begin with the schema); how many."""
    client = caches["default"]._cache.get_client(None, write=True)  # type: ignore[attr-defined]
    return sum(client.delete(key) for key in list(client.scan_iter(match=f"{schema}:*", count=1_000)))

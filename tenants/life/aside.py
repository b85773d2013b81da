"""What a restore set aside: the schema as it was before, under a name that says when, and its folder.

There is no list of them to go stale: the names are the list.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections, transaction

from tenants.life import folders
from tenants.life.periods import periods
from tenants.models import Tenant

STAMP = "%Y%m%d%H%M%S%f"
DIGITS = 20


def stamp_of(now: datetime) -> str:
    return f"{now.astimezone(UTC):{STAMP}}"


def aside_name(schema: str, stamp: str) -> str:
    return f"{schema}_before_{stamp}"


def schema_exists(name: str) -> bool:
    with connections["provisioner"].cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)", [name])
        return bool(cursor.fetchone()[0])


def set_aside(schema: str = "") -> list[str]:
    """The copies of one schema, or of all, oldest first."""
    pattern = rf"^{re.escape(schema) if schema else 't_.+'}_before_\d{{{DIGITS}}}$"
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname ~ %s ORDER BY right(nspname, %s)", [pattern, DIGITS]
        )
        return [row[0] for row in cursor.fetchall()]


def discard(name: str) -> None:
    """Drops one copy, with its folder. Repeatable."""
    folders.remove(name)
    cursor: Any
    with transaction.atomic(using="provisioner"), connections["provisioner"].cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')


def discard_all(tenant: Tenant) -> list[str]:
    names = set_aside(tenant.schema_name)
    for name in names:
        discard(name)
    return names


def discard_old(now: datetime) -> list[str]:
    """Drops the copies of every tenant that are older than the period for them."""
    before = now - timedelta(days=periods().set_aside_days)
    names = [name for name in set_aside() if datetime.strptime(name[-DIGITS:], STAMP).replace(tzinfo=UTC) < before]
    for name in names:
        discard(name)
    return names

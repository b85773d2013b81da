"""How the tenants and their database are, for operators: one line for each tenant, and what is beyond its limits.

Everything is asked of all tenants at once, as the owner: a round trip each for versions, sizes and waiting work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from celery import current_app
from django.core.cache import caches
from django.db import connections
from django.db.models import Count, Q
from django.utils import timezone

from sanfang.tenancy.context import door
from sanfang.tenancy.rollout.plans import KnownLoader
from sanfang.tenancy.rollout.states import applied, digests
from tenants.models import Kind, PooledSchema, Tenant
from tenants.provisioning import TENANT_KINDS

ALIAS = "provisioner"
PAGE = 8192
SIZES = """
SELECT space.nspname, sum(main.relpages::bigint + coalesce(toast.relpages, 0))
  FROM pg_class AS main JOIN pg_namespace AS space ON space.oid = main.relnamespace
  LEFT JOIN pg_class AS toast ON toast.oid = main.reltoastrelid
 WHERE space.nspname = ANY (%s) GROUP BY 1
"""
"""Pages of tables, their large values and their indexes, as the last (auto)vacuum counted them. To ask the file system
for each (pg_total_relation_size) takes fifty times as long."""
FREEZE = """
SELECT greatest(
    (SELECT max(age(datfrozenxid)) FROM pg_database WHERE datallowconn),
    (SELECT max(age(relfrozenxid)) FROM pg_class WHERE relkind IN ('r', 't', 'm'))
)
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A tenant. ``version``: the digest of its migrations, empty
    without a schema; ``behind``: how many it lacks of those that we know."""

    tenant: Tenant
    version: str
    behind: int
    size: int
    waiting_since: datetime | None

    def lag(self, now: datetime) -> timedelta:
        """How long its oldest work waits: an import, or a message whose time has come."""
        return max(now - self.waiting_since, timedelta()) if self.waiting_since else timedelta()


@cache
def limits() -> dict[str, int]:
    found: dict[str, int] = yaml.safe_load((Path(__file__).parent / "alarms.yaml").read_text(encoding="utf-8"))
    return found


def lines() -> list[Line]:
    """Every tenant, the platform's own row too, and those whose schema is gone."""
    with door():
        tenants = list(Tenant.objects.order_by("kind", "slug"))
    names = [tenant.schema_name for tenant in tenants]
    connection: Any = connections[ALIAS]
    connection.set_schema_to_public()
    versions = digests(connection, names)
    with connection.cursor() as cursor:
        cursor.execute(SIZES, [names])
        sizes = dict(cursor.fetchall())
        cursor.execute("SELECT schema_name, since FROM public.sanfang_waiting_since(%s)", [names])
        waiting = dict(cursor.fetchall())
    # One look at the names for each different state, and there are few.
    examples = {versions[name]: name for name in names}
    behind = {version: _missing(connection, schema) if version else 0 for version, schema in examples.items()}
    connection.close()
    return [
        Line(
            tenant,
            versions[tenant.schema_name][:8],
            behind[versions[tenant.schema_name]],
            int(sizes.get(tenant.schema_name, 0)) * PAGE,
            waiting[tenant.schema_name],
        )
        for tenant in tenants
    ]


def _missing(connection: Any, schema: str) -> int:
    loader = KnownLoader(applied(connection, schema))
    return sum(key not in loader.applied_migrations for key in loader.disk_migrations or ())


def alarms(now: datetime) -> Iterator[str]:
    """What is beyond its limit (``alarms.yaml``), in words."""
    most = limits()
    age = _freeze_age()
    if age > most["freeze_age"]:
        yield f"freeze age {age} is beyond {most['freeze_age']}: is autovacuum keeping up?"
    for kind, ready in _pool().items():
        if ready < most["pool_least"]:
            yield f"{ready} schemas of kind {kind} are ready in the pool, at least {most['pool_least']} should be"
    found = lines()
    behind = [line.tenant.slug for line in found if line.behind]
    if len(behind) > most["behind_most"]:
        yield f"{len(behind)} tenants lack migrations ({', '.join(behind[:5])} …): manage.py migrate_tenants"
    late = timedelta(hours=most["lag_hours"])
    waits = [line.tenant.slug for line in found if line.tenant.is_open and line.lag(now) > late]
    if waits:
        yield f"work of {len(waits)} tenants waits since more than {late} ({', '.join(waits[:5])} …)"
    yield from _queues(now)


def _freeze_age() -> int:
    connection: Any = connections[ALIAS]
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute(FREEZE)
        return int(cursor.fetchone()[0])


def _pool() -> dict[str, int]:
    with door():
        counted = PooledSchema.objects.values("kind").annotate(ready=Count("pk", filter=Q(ready=True)))
        found = {row["kind"]: row["ready"] for row in counted}
    return {str(Kind(kind).value): found.get(kind, 0) for kind in TENANT_KINDS}


def _queues(now: datetime) -> Iterator[str]:
    """Messages of the broker don't say when they were sent, so it is noted down since when one has stood first."""
    most = limits()
    with current_app.connection_for_read() as broker:
        client = broker.default_channel.client
        for queue in current_app.amqp.queues:
            length, first = client.llen(queue), client.lindex(queue, -1)
            if length > most["queue_length"]:
                yield f"{length} tasks wait in the queue {queue}, more than {most['queue_length']}"
            if first is None:
                continue
            mark = f"first-in-queue:{queue}:{sha256(first).hexdigest()[:16]}"
            since = caches["shared"].get_or_set(mark, now, 24 * 3600) or now
            minutes = (now - since).total_seconds() / 60
            if minutes > most["queue_minutes"]:
                yield f"one task has stood first in the queue {queue} for {minutes:.0f} minutes: are workers running?"


def told() -> list[str]:
    """The alarms of this moment."""
    return list(alarms(timezone.now()))

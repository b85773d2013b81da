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
from tenants.migrating import behind
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
    """What is beyond its limit (``alarms.yaml``), in words. What can't be looked at is an alarm, and hides no other."""
    for look in (_freeze_age, _pool, _schemas_behind, _tenants, _queues):
        try:
            yield from look(now)
        except Exception as error:
            yield f"{look.__name__.strip('_').replace('_', ' ')} could not be looked at: {type(error).__name__}"


def _tenants(now: datetime) -> Iterator[str]:
    most, found = limits(), lines()
    bare = [line.tenant.slug for line in found if line.tenant.is_open and not line.version]
    if bare:
        yield f"tenants without a schema: {_some(bare)}"
    behind = [line.tenant.slug for line in found if line.behind]
    if len(behind) > most["behind_most"]:
        yield f"tenants that lack migrations: {_some(behind)}: manage.py migrate_tenants"
    broken = [f"{line.tenant.slug} ({line.tenant.behind})" for line in found if line.tenant.behind]
    if broken:
        yield f"tenants that are read-only, because the last rollout failed there: {_some(broken)}"
    late = timedelta(hours=most["lag_hours"])
    waits = [line.tenant.slug for line in found if line.tenant.is_open and line.lag(now) > late]
    if waits:
        yield f"tenants whose work waits since more than {late}: {_some(waits)}"


def _some(names: list[str]) -> str:
    return f"{len(names)} ({', '.join(names[:5])}{', …' if len(names) > 5 else ''})"


def _schemas_behind(now: datetime) -> Iterator[str]:
    """Templates and the pool: what new tenants are made of."""
    tenants = {line.schema_name for line in Tenant.objects.only("schema_name")}
    waiting = [one.label for one in behind() if one.schema not in tenants]
    if waiting:
        yield f"templates or ready schemas that lack migrations: {_some(waiting)}: manage.py migrate_tenants"


def _freeze_age(now: datetime) -> Iterator[str]:
    most = limits()["freeze_age"]
    connection: Any = connections[ALIAS]
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute(FREEZE)
        age = int(cursor.fetchone()[0])
    if age > most:
        yield f"freeze age {age} is beyond {most}: is autovacuum keeping up?"


def _pool(now: datetime) -> Iterator[str]:
    least = limits()["pool_least"]
    with door():
        counted = PooledSchema.objects.values("kind").annotate(ready=Count("pk", filter=Q(ready=True)))
        found = {row["kind"]: row["ready"] for row in counted}
    for kind in TENANT_KINDS:
        if found.get(kind, 0) < least:
            ready = found.get(kind, 0)
            yield f"ready schemas of kind {Kind(kind).value} in the pool: {ready}, at least {least} should be"


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

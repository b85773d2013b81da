import structlog
from django.db.models import QuerySet
from django.utils import timezone

from sanfang.tenancy.context import door
from sanfang.tenancy.rollout.fleet import Busy
from sanfang.tenancy.tasks import platform_task
from tenants.health import told
from tenants.models import Kind, State, Tenant
from tenants.provisioning import TENANT_KINDS, reap, refill
from tenants.retention import retention, retire

log = structlog.get_logger("sanfang.tenants")


@platform_task()
def refill_pool() -> None:
    """Keeps ready schemas waiting, so that a new tenant takes milliseconds, and clears away what died in the making."""
    for name in reap():
        log.warning("reaped", schema=name)
    try:
        for kind in TENANT_KINDS:
            refill(kind)
    except Busy:
        log.info("refill waits", reason="migrations are at work")


@platform_task()
def look_after() -> None:
    """An error in the log for everything beyond its limit, so that error reports hear of it."""
    for said in told():
        log.error("alarm", alarm=said)


@platform_task()
def retire_everywhere() -> None:
    """Sends a task for each tenant in which something may be past its time. Who is leaving keeps everything."""
    retire_public.delay()
    with door():
        names = list(_staying().values_list("schema_name", flat=True))
    for name in names:
        retire_in.delay(name)


def _staying() -> QuerySet[Tenant]:
    found: QuerySet[Tenant] = Tenant.objects.filter(state__in=[State.READY, State.SUSPENDED])
    return found.exclude(kind=Kind.PUBLIC)


@platform_task()
def retire_in(schema_name: str) -> None:
    """With the owner's rights, which no tenant's role has: the books are append-only for it (ADR 0008)."""
    with door():
        # It may have left since the task was sent. And no other schema is this task's business.
        if not _staying().filter(schema_name=schema_name).exists():
            return
    gone = retire(schema_name, retention().tenant, timezone.now())
    if gone:
        log.info("retired", schema=schema_name, **gone)


@platform_task()
def retire_public() -> None:
    gone = retire("public", retention().public, timezone.now())
    if gone:
        log.info("retired", schema="public", **gone)

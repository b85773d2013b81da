import structlog

from sanfang.tenancy.rollout.fleet import Busy
from sanfang.tenancy.tasks import platform_task
from tenants.provisioning import TENANT_KINDS, reap, refill

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

import structlog
from django.db import connections
from django.utils import timezone

from sanfang.tenancy.tasks import platform_task
from tenants.life.aside import discard_old
from tenants.life.work import AtWork, abandoned, alone_with

log = structlog.get_logger("sanfang.tenants")


@platform_task()
def put_in_order() -> None:
    """Opens what somebody closed who died at it, and clears away copies that were set aside long ago."""
    for tenant in abandoned():
        try:
            with alone_with(tenant):
                log.warning("picked up", tenant=tenant.slug)
        except AtWork:
            continue
        except Exception:
            # The next round tries again; the others needn't wait for this one.
            log.exception("not picked up", tenant=tenant.slug)
            connections["provisioner"].close()
    for name in discard_old(timezone.now()):
        log.info("discarded", schema=name)

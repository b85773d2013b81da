from sanfang.tenancy.tasks import platform_task
from tenants.provisioning import TENANT_KINDS, refill


@platform_task()
def refill_pool() -> None:
    """Keeps ready schemas waiting, so that a new tenant takes milliseconds."""
    for kind in TENANT_KINDS:
        refill(kind)

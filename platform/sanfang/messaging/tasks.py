from sanfang.messaging.delivery import send_waiting
from sanfang.tenancy.tasks import for_each_tenant, platform_task, tenant_task


@tenant_task()
def send() -> None:
    """Sends the tenant's waiting messages."""
    send_waiting()


@platform_task()
def send_everywhere() -> None:
    """Every minute: what was held outside the hours for messages, or left behind by a killed worker."""
    for_each_tenant(send, {"dealer"})

from sanfang.messaging.delivery import send_waiting
from sanfang.messaging.models import State
from sanfang.tenancy.tasks import for_each_tenant, platform_task, tenant_task
from sanfang.tenancy.waiting import Waiting

# One that is being sent may have been left behind.
WAITING = Waiting("messaging_message", f"state = '{State.QUEUED}' AND not_before <= now() OR state = '{State.SENDING}'")


@tenant_task()
def send() -> None:
    """Sends the tenant's waiting messages."""
    send_waiting()


@platform_task()
def send_everywhere() -> None:
    """Every minute: what was held outside the hours for messages, or left behind by a killed worker."""
    for_each_tenant(send, {"dealer"}, waiting=WAITING, expires=60)

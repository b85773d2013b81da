"""Every half minute letters go out, from stores that have some."""

from django.utils import timezone

from api.webhooks.rules import rules
from api.webhooks.sending import send_waiting
from sanfang.tenancy.tasks import for_each_tenant, platform_task, tenant_task
from sanfang.tenancy.waiting import Waiting

WAITING = Waiting("webhooks_letter", "state = 'waiting' AND next_at <= now()")


@tenant_task()
def send() -> None:
    if send_waiting(timezone.now()) == rules().batch:
        send.later()


@platform_task()
def send_everywhere() -> None:
    for_each_tenant(send, {"dealer"}, waiting=WAITING, expires=30)

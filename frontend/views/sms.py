"""Where providers of short messages tell what became of messages, and what customers answered to them.

At the door of the main host; each store's part is done inside it. Nothing a provider sends is shown to anybody.
"""

import json
from datetime import datetime
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crm.customers.actions import refuse_by_reply
from sanfang.messaging import receipts
from sanfang.tenancy.context import inside
from tenants.models import Tenant
from tenants.queries import open_stores_signing, tenant_by_code

log = structlog.get_logger("sanfang.messaging")

FORMS = {"aliyun": {"code": 0, "msg": "ok"}, "tencent": {"result": 0, "errmsg": "OK"}}
"""What each provider takes for "understood"; it pushes again for anything else."""
LARGEST = 1_000_000


@csrf_exempt
@never_cache
@require_POST
def from_provider(request: HttpRequest, provider: str, kind: str, key: str) -> HttpResponse:
    """``kind``: receipts or replies. Without the key nothing is here."""
    if provider not in FORMS or kind not in ("receipts", "replies") or not receipts.is_from_provider(key):
        return HttpResponse(status=404)
    try:
        content = json.loads(request.body[:LARGEST])
    except ValueError:
        return HttpResponse(status=400)
    now = timezone.now()
    if kind == "receipts":
        for receipt in receipts.receipts(provider, content):
            _receipt(receipt, now)
    else:
        for reply in receipts.replies(provider, content):
            _reply(reply, now)
    return JsonResponse(FORMS[provider])


def _receipt(receipt: receipts.Receipt, now: datetime) -> None:
    code = receipts.whose(receipt)
    tenant = tenant_by_code(code) if code else None
    if tenant is None or not tenant.is_open:
        log.info("receipt of nobody's message")
        return
    with inside(tenant):
        receipts.take_receipt(receipt, now)


def _reply(reply: receipts.Reply, now: datetime) -> None:
    """A refusal counts in every store that signs as the message was signed, and in the one that wrote last: a number
    on both lists must not be written to again because we weren't sure."""
    if not receipts.is_refusal(reply.text):
        return
    last = receipts.last_to_write(reply.mobile)
    stores: dict[Any, Tenant] = {one.pk: one for one in open_stores_signing(reply.signature)}
    wrote = tenant_by_code(last) if last else None
    if wrote is not None and wrote.is_open:
        stores[wrote.pk] = wrote
    for tenant in stores.values():
        with inside(tenant):
            refuse_by_reply(reply.mobile, said=reply.text[:20], now=now)

"""What comes back from a provider: that a message arrived or didn't, and what customers answered.

Providers push JSON to an address of ours and sign nothing, so the address itself carries a key that only they were
given (:func:`is_from_provider`). They push again when they aren't sure, so everything here may come twice.
"""

import hmac
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import redis
import structlog
from django.core.cache import caches
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils.crypto import salted_hmac

from sanfang.messaging.carriers.keys import setting
from sanfang.messaging.models import Fault, Message, State

log = structlog.get_logger("sanfang.messaging")

REMEMBERED = 7 * 86_400
"""Seconds for which it is known whose message a provider's number was. No receipt comes later."""
REFUSALS = frozenset({"R", "T", "TD", "N", "退订", "拒收"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """``reference``: ours (``<tenant's code>.<message>``), where the provider gives it back; else ``provider_id``."""

    provider_id: str
    reference: str
    delivered: bool
    code: str


@dataclass(frozen=True, slots=True)
class Reply:
    mobile: str
    text: str
    signature: str


def is_from_provider(given: str) -> bool:
    """Whether the address holds today's key or the one before it; nothing is, where none was set."""
    known = [setting("SMS_CALLBACK_KEY", ""), setting("SMS_CALLBACK_KEY_BEFORE", "")]
    return any(hmac.compare_digest(given.encode(), one.encode()) for one in known if len(one) >= 20)


def receipts(provider: str, content: Any) -> Iterator[Receipt]:
    """What a push says, in whichever form the provider has. Rows that say nothing are passed over."""
    for row in _rows(content):
        if provider == "aliyun":
            yield Receipt(
                str(row.get("biz_id", "")), str(row.get("out_id", "")), row.get("success") in (True, "true"),
                str(row.get("err_code", ""))[:40],
            )  # fmt: skip
        elif provider == "tencent":
            yield Receipt(
                str(row.get("sid", "")), "", row.get("report_status") == "SUCCESS", str(row.get("errmsg", ""))[:40]
            )


def replies(provider: str, content: Any) -> Iterator[Reply]:
    for row in _rows(content):
        mobile = re.sub(r"^(\+?86)?", "", str(row.get("phone_number" if provider == "aliyun" else "mobile", "")))
        text = row.get("content" if provider == "aliyun" else "text", "")
        signature = row.get("sign_name" if provider == "aliyun" else "sign", "")
        yield Reply(mobile, str(text)[:200], str(signature).strip("【】"))


def is_refusal(text: str) -> bool:
    """R, T, TD, N in either case and width, alone or with what people put around them (回复TD, "T。", 退订)."""
    plain = unicodedata.normalize("NFKC", text).upper()
    plain = re.sub(r"[\s\W_]+", "", plain)
    plain = re.sub(r"^(回复?|发送)", "", plain)
    return plain in REFUSALS or re.sub(r"(退订|拒收)$", "", plain) in REFUSALS


def whose(receipt: Receipt) -> str:
    """The code of the tenant whose message it was; empty where nobody knows any more."""
    code, _dot, _key = receipt.reference.partition(".")
    return code or str(caches["shared"].get(_by_provider_id(receipt.provider_id), ""))


def remember_sent(provider_id: str, mobile: str, code: str) -> None:
    """Whose message it was that the provider calls ``provider_id``, and who wrote to this number last."""
    known = {_by_provider_id(provider_id): code, _by_mobile(mobile): code}
    try:
        caches["shared"].set_many(known, REMEMBERED)
    except redis.RedisError:
        log.warning("receipts will be nobody's", provider_id=provider_id)


def last_to_write(mobile: str) -> str:
    """The code of the tenant that wrote to this number last; empty where nobody knows."""
    return str(caches["shared"].get(_by_mobile(mobile), ""))


def _by_provider_id(provider_id: str) -> str:
    return f"sms:{provider_id[:80]}"


def _by_mobile(mobile: str) -> str:
    return "sms-to:" + salted_hmac("sanfang.messaging.receipts", mobile, algorithm="sha256").hexdigest()


def take_receipt(receipt: Receipt, now: datetime) -> bool:
    """Inside the tenant: the message arrived, or didn't. False when it is no message of this tenant's, or was told
    before. What was delivered stays delivered."""
    key = receipt.reference.partition(".")[2]
    known = _uuid(key)
    if key and known is None:
        return False
    mine = Message.objects.filter(pk=known) if known else Message.objects.filter(provider_id=receipt.provider_id)
    # A receipt may overtake the answer to the message itself.
    waiting = mine.filter(state__in=(State.SENDING, State.SENT))
    if receipt.delivered:
        return bool(waiting.update(state=State.DELIVERED, delivered_at=now, sent_at=Coalesce("sent_at", Value(now))))
    log.info("message undelivered", code=receipt.code)
    return bool(waiting.update(state=State.FAILED, error=Fault.UNDELIVERED))


def customers_at(mobile: str) -> list[UUID]:
    """Inside a tenant: whom it has written to at this number."""
    return list(Message.objects.filter(to=mobile).order_by().values_list("customer_id", flat=True).distinct())


def _rows(content: Any) -> Iterator[dict[str, Any]]:
    for row in (content if isinstance(content, list) else [content])[:1000]:
        if isinstance(row, dict):
            yield row


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

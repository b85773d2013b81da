"""Alibaba Cloud's Dysmsapi, by its official library (requests are signed ACS3-HMAC-SHA256)."""

import json
from typing import Any

from sanfang.messaging.carriers.keys import key, setting
from sanfang.messaging.gateways import Outgoing, Rejected, Unavailable

TEMPORARY = ("isv.BUSINESS_LIMIT_CONTROL", "isp.SYSTEM_ERROR", "isp.RAM_PERMISSION_DENY", "Throttling", "isv.AMOUNT")
"""Beginnings of codes after which the same message may be sent again: limits, their own faults, an empty account."""
PATIENCE = 5_000
"""Milliseconds for the connection, and for the answer."""


class Aliyun:
    provider = "aliyun"
    templated = True

    def send(self, message: Outgoing) -> str:
        from alibabacloud_dysmsapi20170525.models import SendSmsRequest
        from darabonba.exceptions import DaraException
        from darabonba.runtime import RuntimeOptions

        request = SendSmsRequest(
            phone_numbers=message.to,
            sign_name=message.signature,
            template_code=message.template,
            template_param=json.dumps(dict(message.parameters), ensure_ascii=False),
            out_id=message.reference,
        )
        options = RuntimeOptions(connect_timeout=PATIENCE, read_timeout=PATIENCE, autoretry=False)
        try:
            answer: Any = _client().send_sms_with_options(request, options).body
        except DaraException as fault:
            raise _refusal(str(fault.code or ""), str(fault)) from fault
        except Exception as fault:  # whatever the network throws through their library
            raise Unavailable(type(fault).__name__) from fault
        if answer is None or answer.code != "OK":
            raise _refusal(answer.code if answer else "", answer.message if answer else "no answer")
        return str(answer.biz_id)


def _refusal(code: str, words: str) -> Exception:
    """A wrong key is the operator's to put right: no message is lost by it."""
    final = code.startswith("isv.") and not code.startswith(TEMPORARY)
    return Rejected(code) if final else Unavailable(code or words[:80])


def _client() -> Any:
    """One for each message: it costs a hundredth of the answer, and keys that were changed count at once."""
    from alibabacloud_dysmsapi20170525.client import Client
    from alibabacloud_tea_openapi.utils_models import Config

    return Client(
        Config(
            access_key_id=key("SMS_KEY_ID"),
            access_key_secret=key("SMS_KEY_SECRET"),
            endpoint=setting("SMS_ENDPOINT", "dysmsapi.aliyuncs.com"),
            protocol=setting("SMS_PROTOCOL", "https"),
            region_id=setting("SMS_REGION", "cn-hangzhou"),
        )
    )

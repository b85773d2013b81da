"""Tencent Cloud's SMS, by its official library (requests are signed TC3-HMAC-SHA256)."""

from typing import Any

from sanfang.messaging.carriers.keys import key, setting
from sanfang.messaging.gateways import Outgoing, Rejected, Unavailable

TEMPORARY = ("LimitExceeded", "RequestLimitExceeded", "InternalError", "FailedOperation.InsufficientBalance")
PATIENCE = 5
"""Seconds for the answer."""


class Tencent:
    provider = "tencent"
    templated = True

    def send(self, message: Outgoing) -> str:
        from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
        from tencentcloud.sms.v20210111.models import SendSmsRequest

        request = SendSmsRequest()
        request.SmsSdkAppId = key("SMS_APP_ID")
        request.SignName = message.signature
        request.TemplateId = message.template
        request.TemplateParamSet = [value for _name, value in message.parameters]
        request.PhoneNumberSet = [f"+86{message.to}"]
        request.SessionContext = message.reference
        try:
            answer: Any = _client().SendSms(request)
        except TencentCloudSDKException as fault:
            raise _refusal(str(fault.code or "")) from fault
        status = answer.SendStatusSet[0] if answer.SendStatusSet else None
        if status is None or status.Code != "Ok":
            raise _refusal(status.Code if status else "")
        return str(status.SerialNo)


def _refusal(code: str) -> Exception:
    """A wrong key is the operator's to put right: no message is lost by it."""
    final = code.startswith(("FailedOperation", "InvalidParameter", "UnsupportedOperation", "MissingParameter"))
    return Rejected(code) if final and not code.startswith(TEMPORARY) else Unavailable(code or "no answer")


def _client() -> Any:
    """One for each message: it costs a hundredth of the answer, and keys that were changed count at once."""
    from tencentcloud.common.credential import Credential
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile
    from tencentcloud.sms.v20210111.sms_client import SmsClient

    http = HttpProfile(
        protocol=setting("SMS_PROTOCOL", "https"),
        endpoint=setting("SMS_ENDPOINT", "sms.tencentcloudapi.com"),
        reqTimeout=PATIENCE,
    )
    credential = Credential(key("SMS_KEY_ID"), key("SMS_KEY_SECRET"))
    return SmsClient(credential, setting("SMS_REGION", "ap-guangzhou"), ClientProfile(httpProfile=http))

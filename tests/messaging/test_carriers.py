"""The real providers' libraries against providers on loopback that check signatures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import sms_support as loopback
from django.core.exceptions import ImproperlyConfigured

from sanfang.messaging.carriers import aliyun, tencent
from sanfang.messaging.carriers.keys import key
from sanfang.messaging.gateways import Outgoing, Rejected, Unavailable

MESSAGE = Outgoing(
    UUID(int=7),
    "15400000001",
    "【岚川成都】陈女士您好，请点击 https://sanfang.example/s/k3 确认",
    signature="岚川成都",
    template="SMS_1",
    parameters=(("customer", "陈女士 & 先生"), ("code", "k3")),
    reference="c1.07",
)


@dataclass
class Case:
    carrier: Any
    provider: loopback.Provider


@pytest.fixture(params=["aliyun", "tencent"])
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    kind = request.param
    with loopback.running(kind) as provider:
        for name, value in {
            "SMS_KEY_ID": loopback.KEY_ID,
            "SMS_KEY_SECRET": loopback.SECRET,
            "SMS_APP_ID": "1400000000",
            "SMS_ENDPOINT": provider.endpoint,
            "SMS_PROTOCOL": "http",
        }.items():
            monkeypatch.setenv(name, value)
        yield Case(aliyun.Aliyun() if kind == "aliyun" else tencent.Tencent(), provider)


def test_a_signed_message_arrives_as_its_template_and_values(case: Case) -> None:
    sent = case.carrier.send(MESSAGE)
    [asked] = case.provider.got
    if case.provider.kind == "aliyun":
        assert sent == "biz-1"
        assert (asked["PhoneNumbers"], asked["SignName"], asked["TemplateCode"]) == ("15400000001", "岚川成都", "SMS_1")
        assert asked["TemplateParam"] == '{"customer": "陈女士 & 先生", "code": "k3"}'
        assert asked["OutId"] == "c1.07"
    else:
        assert sent == "serial-1"
        assert asked["PhoneNumberSet"] == ["+8615400000001"]
        assert (asked["SignName"], asked["TemplateId"]) == ("岚川成都", "SMS_1")
        assert asked["TemplateParamSet"] == ["陈女士 & 先生", "k3"]
        assert (asked["SmsSdkAppId"], asked["SessionContext"]) == ("1400000000", "c1.07")


def test_a_wrong_key_is_refused_and_loses_no_message(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMS_KEY_SECRET", "another")
    with pytest.raises(Unavailable):
        case.carrier.send(MESSAGE)
    assert (case.provider.refused, case.provider.got) == (1, [])


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        ({"aliyun": "isv.SMS_TEMPLATE_ILLEGAL", "tencent": "FailedOperation.TemplateUnapprovedOrNotExist"}, Rejected),
        ({"aliyun": "isv.MOBILE_NUMBER_ILLEGAL", "tencent": "InvalidParameterValue.IncorrectPhoneNumber"}, Rejected),
        ({"aliyun": "isv.BUSINESS_LIMIT_CONTROL", "tencent": "LimitExceeded.PhoneNumberDailyLimit"}, Unavailable),
        (
            {"aliyun": "isv.AMOUNT_NOT_ENOUGH", "tencent": "FailedOperation.InsufficientBalance"},
            Unavailable,
        ),
        ({"aliyun": "isp.SYSTEM_ERROR", "tencent": "InternalError.OtherError"}, Unavailable),
        ({"aliyun": "something new", "tencent": "SomethingNew"}, Unavailable),
    ],
)
def test_what_the_provider_says_decides_whether_it_is_tried_again(case: Case, codes: Any, kind: Any) -> None:
    case.provider.code = codes[case.provider.kind]
    with pytest.raises(kind) as fault:
        case.carrier.send(MESSAGE)
    assert MESSAGE.to not in str(fault.value)


def test_nobody_there_is_no_refusal(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMS_ENDPOINT", "127.0.0.1:9")
    with pytest.raises(Unavailable):
        case.carrier.send(MESSAGE)


def test_an_answer_that_is_none_is_no_refusal(case: Case) -> None:
    case.provider.status = 502
    with pytest.raises(Unavailable):
        case.carrier.send(MESSAGE)


def test_keys_come_from_the_environment_or_a_mounted_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.delenv("SMS_KEY_SECRET", raising=False)
    monkeypatch.delenv("SMS_KEY_SECRET_FILE", raising=False)
    with pytest.raises(ImproperlyConfigured):
        key("SMS_KEY_SECRET")
    (tmp_path / "secret").write_text("from a file\n", encoding="utf-8")
    monkeypatch.setenv("SMS_KEY_SECRET_FILE", str(tmp_path / "secret"))
    assert key("SMS_KEY_SECRET") == "from a file"

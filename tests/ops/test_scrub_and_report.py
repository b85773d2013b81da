"""Nothing personal leaves for logs or error reports; tenant and request id do."""

import json
import logging
from collections.abc import Iterator

import pytest
import sentry_sdk
import structlog
from report_support import Caught

from sanfang.ops import sentry
from sanfang.ops.scrub import GONE, scrub

PERSONAL = [
    "13912345678",
    "139 1234 5678",
    "+86 13912345678",
    "510107199001011234",
    "LZWADAGA5JB123456",
    "lzwadaga5jb123456",
    "川A12345",
    "浙A·D12345",
    "li.na@chengdu.example",
]


@pytest.mark.parametrize("text", PERSONAL)
def test_what_looks_personal_is_taken_out_of_any_text(text: str) -> None:
    assert text not in str(scrub(f"客户来电 {text}，请回复"))


def test_what_is_named_as_personal_is_taken_out_whole() -> None:
    event = {"customer": {"name": "陈雅琴", "rows": [{"mobile": "无", "count": 3}]}, "path": "/workbench/"}
    assert scrub(event) == {
        "customer": {"name": GONE, "rows": [{"mobile": GONE, "count": 3}]},
        "path": "/workbench/",
    }


def test_ordinary_numbers_and_ids_stay() -> None:
    kept = (
        "0.17078593199948955 s, RO-2611-0418, 32480 km, 2026-11-22 10:31, "
        "01a2019f-eebc-76e1-ac56-719bfe701e28, 12345678901234567890"
    )
    assert scrub(kept) == kept


@pytest.fixture
def sentry_on() -> Iterator[None]:
    sentry.start("http://public@127.0.0.1/1", transport=Caught)
    yield
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)
    sentry_sdk.init()


def test_an_error_report_names_tenant_and_request_and_nobody(sentry_on: None) -> None:
    with structlog.contextvars.bound_contextvars(tenant="chengdu", request_id="r-17", actor="01a2-staff"):
        try:
            # Put together here, because a report quotes the lines of our own code.
            name, mobile = "陈" + "雅琴", "139" + "12345678"
            raise ValueError(f"cannot call {mobile}")
        except ValueError:
            logging.getLogger("test").exception("call to %s (%s) failed", mobile, name and "川A" + "12345")
    sentry_sdk.flush()
    assert len(Caught.events) == 1
    event = Caught.events[0]
    assert event["tags"]["tenant"] == "chengdu"
    assert event["tags"]["request_id"] == "r-17"
    assert event["user"] == {"id": "01a2-staff"}
    text = json.dumps(event, ensure_ascii=False)
    for secret in ("陈雅琴", "13912345678", "川A12345"):
        assert secret not in text


def test_a_log_line_is_json_with_tenant_actor_and_request(capsys: pytest.CaptureFixture[str]) -> None:
    from sanfang.ops.logs import configure

    configure({"level": "INFO"})
    with structlog.contextvars.bound_contextvars(tenant="chengdu", request_id="r-18", actor="01a2-staff"):
        structlog.get_logger("test").info("called", mobile="13912345678", result="no answer")
        logging.getLogger("test").warning("plain %s", "13912345678")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert len(lines) == 2
    for line in lines:
        assert (line["tenant"], line["request_id"], line["actor"]) == ("chengdu", "r-18", "01a2-staff")
        assert "13912345678" not in json.dumps(line)
    assert lines[0]["result"] == "no answer"

"""What the linter says of texts, by provider: a table of real ones, each rule by itself, what holds for any text."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from sanfang.messaging.intents import Intent, Purpose, compiled
from sanfang.messaging.linting import Severity, Text, lint, verdict
from sanfang.messaging.linting.linter import families
from sanfang.messaging.linting.words import WORDS, reason, suggestion
from sanfang.messaging.providers import providers

TABLE = yaml.safe_load(Path(__file__).with_name("templates.yaml").read_text(encoding="utf-8"))
KNOWN = {
    "customer": 6, "store": 8, "phone": 12, "date": 11, "link": 30, "code": 12, "model": 10, "plate": 8, "due_date": 11,
    "amount": 8, "advisor": 4, "number": 14, "time": 11,
}  # fmt: skip
FIXED = {"store": "岚川成都高新店", "phone": "028-20006618", "link": "https://sanfang.example/s/{code}"}
OURS = frozenset({"sanfang.example"})
REAL = ("aliyun", "tencent", "volcengine", "qiniu")


def text(body: str, purpose: str = "notice", store: str = "岚川成都高新店") -> Text:
    return Text(body, Purpose(purpose), store, FIXED, KNOWN, OURS)


def codes(body: str, provider: str = "aliyun", **more: Any) -> dict[str, str]:
    return {one.code: one.severity.value for one in lint(text(body, **more), providers()[provider])}


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 30
    elsewhere = {"empty", "signature_length", "plain_http", "too_long"}
    assert {code for row in TABLE for code in row["codes"]} >= set(WORDS) - elsewhere


@pytest.mark.parametrize("row", TABLE, ids=[row["name"] for row in TABLE])
def test_verdicts_on_real_texts(row: dict[str, Any]) -> None:
    found = {name: lint(text(row["text"], row["purpose"]), providers()[name]) for name in REAL}
    assert {name: verdict(one) for name, one in found.items()} == row["verdicts"]
    assert sorted({one.code for each in found.values() for one in each}) == row["codes"]


@pytest.mark.parametrize(
    ("body", "code", "severity"),
    [
        ("", "empty", "refuse"),
        ("{customer}，", "empty", "refuse"),
        ("您好，请点击 http://sanfang.example/s/{code}", "plain_http", "warn"),
        ("您好，请点击 https://t.cn/x", "shortener", "refuse"),
        ("您好，{url} 查看", "variable_link", "refuse"),
        ("请致电 138 1234 5678。", "mobile", "refuse"),
        ("请致电 +86-13812345678。", "mobile", "refuse"),
        ("优 惠 券到账", "coupon", "refuse"),  # blanks hide nothing
        ("退订请回复TD", "opt_out", "refuse"),
        ("不想收到请回复 n", "opt_out", "refuse"),
        ("您的车已完工\U0001f697", "sign", "refuse"),
        ("您的车已完工\u200b", "sign", "refuse"),
        ("长" * 492, "too_long", "refuse"),
        ("{customer}您好，请{{x}}", "odd_braces", "refuse"),
    ],
)
def test_each_rule(body: str, code: str, severity: str) -> None:
    assert codes(body)[code] == severity


@pytest.mark.parametrize(
    "body",
    [
        "您的车辆VIN尾号T9001已完工。",
        "保养请致电028-20006618。",
        "回访电话：400-820-8888",
        "费用1,280.50元，里程32,480km，电量≥80％。",
        "请回复您方便的时间。",
    ],
)
def test_what_only_looks_like_a_fault(body: str) -> None:
    assert verdict(lint(text(body), providers()["aliyun"])) in ("pass", "warn")
    assert not {"opt_out", "mobile", "foreign_host"} & set(codes(body))


def test_a_length_counts_signature_refusal_and_the_longest_values() -> None:
    aliyun = providers()["aliyun"]
    body = "{customer}" + "长" * 54
    # 【岚川成都高新店】 9, the customer 6, the rest 54.
    assert codes(body) == {}
    assert codes(body + "长长") == {"segments": "hint"}
    assert codes(body, purpose="marketing") == {"segments": "hint"}
    [one] = lint(text(body + "长长"), aliyun)
    assert one.data == {"count": 71, "parts": 2}


@pytest.mark.parametrize(("signs", "parts"), [(70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)])
def test_segments(signs: int, parts: int) -> None:
    assert providers()["aliyun"].segments(signs) == parts


def test_a_signature_of_unusual_length_is_told() -> None:
    assert codes("您的车已完工。", store="岚")["signature_length"] == "warn"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_finding_has_its_words(language: str) -> None:
    with override(language):
        for row in TABLE:
            for one in lint(text(row["text"], row["purpose"]), providers()["aliyun"]):
                said = reason(one) + suggestion(one)
                assert "%(" not in said
                assert language != "en" or "平台" not in said
    assert {*WORDS} >= {*families()}


# --- compiled -------------------------------------------------------------------------------
LINK = Intent("x", Purpose.NOTICE, "{customer}您好，{store}请您点击 {link} 确认", FIXED)


@pytest.mark.parametrize(
    ("provider", "template"),
    [
        ("aliyun", "${customer}您好，岚川成都高新店请您点击 https://sanfang.example/s/${code} 确认"),
        ("tencent", "{1}您好，岚川成都高新店请您点击 https://sanfang.example/s/{2} 确认"),
    ],
)
def test_a_template_in_each_providers_form(provider: str, template: str) -> None:
    made = compiled(LINK, providers()[provider], store="岚川")
    assert made.template == template
    assert made.parameters({"customer": "陈【女】士", "code": "k3"}) == [("customer", "陈[女]士"), ("code", "k3")]
    assert made.text({"customer": "陈女士", "code": "k3"}) == (
        "【岚川】陈女士您好，岚川成都高新店请您点击 https://sanfang.example/s/k3 确认"
    )


@pytest.mark.parametrize(
    ("provider", "words"), [("aliyun", "拒收请回复R"), ("tencent", "拒收请回复R"), ("qiniu", "回TD退订")]
)
def test_marketing_tells_how_to_refuse_in_the_providers_words(provider: str, words: str) -> None:
    made = compiled(replace(LINK, purpose=Purpose.MARKETING, text="点 {link}"), providers()[provider], store="岚川")
    assert made.template.endswith("}，" + words)  # never run together with the address
    assert made.text({"code": "k3"}).endswith("/k3，" + words)
    assert words not in compiled(LINK, providers()[provider], store="岚川").template


bodies = st.lists(
    st.sampled_from(
        ["您好", "{customer}", "{link}", "{foo}", "，", "优惠券", "【", "https://a.cn/x", "13812345678", "}", "{", "$"]
    )
    | st.text(max_size=5)
).map("".join)


@given(bodies, st.sampled_from(Purpose), st.sampled_from(sorted(providers())))
def test_any_text_is_judged_and_the_places_are_in_it(body: str, purpose: Purpose, provider: str) -> None:
    for one in lint(Text(body, purpose, "岚川", FIXED, KNOWN, OURS), providers()[provider]):
        assert 0 <= one.start <= one.end <= len(body)
        assert one.start == one.end or body[one.start : one.end] == one.said
        assert reason(one)
        assert one.severity in Severity


@given(bodies, bodies)
def test_more_text_never_pardons_a_refused_word(body: str, more: str) -> None:
    def refused(whole: str) -> bool:
        return any(one.code in families() for one in lint(text(whole), providers()["aliyun"]))

    assert refused(body + "优惠券" + more)

"""The shipped packs, and what a faulty one is told."""

import shutil
from collections.abc import Callable
from datetime import time
from operator import attrgetter
from pathlib import Path

import pytest
from django.utils import translation

from sanfang.kernel.events import Intervals
from sanfang.kernel.rules import DaysAfter, Occasion, Window
from sanfang.standards.definitions import BLANK, PLACEHOLDER, Pack, QuestionKind, ServiceIntervals, Text, render
from sanfang.standards.packs import HOME, PackError, UnknownPack, load_pack, shipped_packs

CHANGAN = load_pack("changan-dcrc")
EVERY_PACK = pytest.mark.parametrize("pack", [load_pack(name) for name in shipped_packs()], ids=attrgetter("id"))


@pytest.mark.parametrize("name", shipped_packs())
def test_shipped_packs_are_whole(name: str) -> None:
    pack = load_pack(name)
    assert pack.id == name
    assert load_pack(name) is pack
    for rule in pack.rules.values():
        assert rule.script is None or rule.script in pack.scripts
        assert rule.questionnaire is None or rule.questionnaire in pack.questionnaires
    used = {rule.script for rule in pack.rules.values()}
    assert used - {None} == set(pack.scripts)
    used = {rule.questionnaire for rule in pack.rules.values()}
    assert used - {None} == set(pack.questionnaires)


def test_changan_has_the_rules_of_the_handbook_in_calling_order() -> None:
    windows = {name: getattr(rule.rule, "window", None) for name, rule in CHANGAN.rules.items()}
    assert windows == {
        "complaint-closing": Window(1, 3),
        "first-call": Window(1, 3),
        "third-call": Window(1, 3),
        "second-call": Window(18, 21),
        "service-reminder": Window(-10, -3),
        "insurance": Window(-45, -30),
        "insurance-again": Window(-15, -8),
        "inspection": Window(-30, -7),
        "lost-contact": Window(0, 7),
        "birthday": Window(0, 0),
        "holiday": Window(0, 0),
    }
    priorities = [rule.priority for rule in CHANGAN.rules.values()]
    assert priorities == sorted(priorities)
    assert isinstance(CHANGAN.rules["third-call"].rule, DaysAfter)
    assert isinstance(CHANGAN.rules["holiday"].rule, Occasion)
    assert {name for name, rule in CHANGAN.rules.items() if rule.channel == "sms"} == {"birthday", "holiday"}
    every_customer = {"first-call", "second-call", "third-call", "complaint-closing"}
    assert {name for name, rule in CHANGAN.rules.items() if rule.targets.get("completed") == 100} == every_customer


def test_changan_rules_of_calling() -> None:
    assert CHANGAN.calling.attempts_before_survey == 3
    assert CHANGAN.calling.cool_down_days == 3
    assert (CHANGAN.calling.calls_from, CHANGAN.calling.calls_to) == (time(9), time(20))
    assert CHANGAN.complaints.first_contact_minutes == 120
    assert CHANGAN.complaints.closing_rule == "complaint-closing"
    assert [label.label.zh for label in CHANGAN.scale] == ["非常满意", "满意", "一般", "不满意", "非常不满意"]
    assert [label.id for label in CHANGAN.scale] == ["5", "4", "3", "2", "1"]


def every_text(pack: Pack) -> list[tuple[str, Text]]:
    found = [(f"{name}.title", text) for name, rule in pack.rules.items() for text in (rule.title, rule.purpose)]
    for name, script in pack.scripts.items():
        found += [(name, text) for text in (script.title, script.opening, *script.reminders, script.closing)]
    for name, questionnaire in pack.questionnaires.items():
        found.append((name, questionnaire.title))
        for question in questionnaire.questions:
            labels = [choice.label for choice in question.choices + question.reasons]
            found += [(f"{name}.{question.id}", text) for text in (question.text, *labels)]
    for texts in (pack.phrases, pack.messages, pack.variables):
        found += list(texts.items())
    for one in pack.objections:
        found += [(one.id, text) for text in (one.says, one.answer)]
    return found


@EVERY_PACK
def test_every_text_says_the_same_in_both_languages(pack: Pack) -> None:
    for place, text in every_text(pack):
        assert any("\u4e00" <= sign <= "\u9fff" for sign in text.zh), place
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in text.en), place
        assert set(PLACEHOLDER.findall(text.zh)) == set(PLACEHOLDER.findall(text.en)), place
        assert "：" not in text.en, place


@EVERY_PACK
def test_words_the_staff_use(pack: Pack) -> None:
    everything = "".join(text.zh for _place, text in every_text(pack))
    for wrong in ("回拨", "招募", "交付", "丢单", "工单关闭", "首次服务", "案例", "审计", "纠正行动", "您们"):
        assert wrong not in everything


@EVERY_PACK
def test_each_script_asks_whether_it_is_a_good_moment(pack: Pack) -> None:
    for script in pack.scripts.values():
        assert "您现在方便吗" in script.opening.zh
        assert "{specialist}" in script.opening.zh
        assert "{store}" in script.opening.zh


def test_the_questions_of_the_handbook() -> None:
    sales = [question.id for question in CHANGAN.questionnaires["sales-callback"].questions]
    assert sales == [
        *("car-running", "overall", "showroom", "consultant", "features", "warranty"),
        *("introduced", "recommended", "opinion"),
    ]
    service = [question.id for question in CHANGAN.questionnaires["service-callback"].questions]
    assert service == ["overall", "advisor", "explanation", "repaired", "clean", "waiting-area", "opinion"]


@EVERY_PACK
def test_who_is_dissatisfied_can_say_why(pack: Pack) -> None:
    for questionnaire in pack.questionnaires.values():
        for question in questionnaire.questions:
            if question.kind is QuestionKind.FIVE_POINT:
                assert question.dissatisfied == {1, 2}
                assert question.reasons
            if question.dissatisfied and question.kind is not QuestionKind.CHOICE:
                assert question.reasons


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("长安CS75 PLUS 2022款 2.0T", Intervals(6, 5000, 6, 7500)),
        ("cs 75", Intervals(6, 5000, 6, 7500)),
        ("长安UNI-T", Intervals(6, 5000, 12, 10000)),
        ("睿行M90", Intervals(3, 3000, 6, 5000)),
        ("逸动", Intervals(6, 5000, 6, 5000)),
        ("逸动 PLUS 蓝鲸版", Intervals(6, 5000, 6, 7500)),
        ("", Intervals(6, 5000, 6, 5000)),
        (None, Intervals(6, 5000, 6, 5000)),
    ],
)
def test_service_intervals_by_model(model: str | None, expected: Intervals) -> None:
    assert CHANGAN.service_intervals.for_model(model) == expected


def test_the_longest_name_that_fits_decides() -> None:
    short, long = Intervals(months=6), Intervals(months=12)
    for models in ({"逸动": short, "逸动PLUS": long}, {"逸动PLUS": long, "逸动": short}):
        intervals = ServiceIntervals(Intervals(), models)
        assert intervals.for_model("逸动 plus 蓝鲸版") is long
        assert intervals.for_model("逸动 DT") is short


# What handbook §3 asks in a sales and in a service callback, whatever a standard calls its questions.
SALES = {"car-running", "overall", "showroom", "consultant", "features", "warranty", "introduced", "recommended"}
SERVICE = {"overall", "advisor", "explanation", "repaired", "clean", "waiting-area"}


@pytest.mark.parametrize(
    ("pack", "rule", "asked"),
    [
        ("saic-vw-crc", "first-call", SALES),
        ("saic-vw-crc", "third-call", SERVICE),
        ("aosheng-chain", "third-call", SERVICE),
        ("changan-dcrc", "first-call", SALES),
        ("changan-dcrc", "third-call", SERVICE),
    ],
)
def test_callbacks_ask_what_the_handbook_wants_asked(pack: str, rule: str, asked: set[str]) -> None:
    standard = load_pack(pack)
    questionnaire = standard.questionnaires[standard.rules[rule].questionnaire or ""]
    assert asked <= {question.id for question in questionnaire.questions}


@EVERY_PACK
def test_what_each_pack_must_have(pack: Pack) -> None:
    """Whoever is called can be answered, and every message that goes out by itself has its words."""
    assert len(pack.objections) >= 3
    assert {"not_now", "dissatisfied", "wrong_number", "refused"} <= pack.phrases.keys()
    assert (pack.calling.calls_from, pack.calling.calls_to) == (time(9), time(20))
    assert pack.calling.minutes_a_call == 9
    for rule in pack.rules.values():
        if rule.channel == "sms" and not isinstance(rule.rule, Occasion):
            assert rule.message in pack.messages
        if rule.channel == "phone":
            assert rule.script
            assert rule.questionnaire


def test_placeholders() -> None:
    text = CHANGAN.scripts["first-call"].opening.get("zh-hans")
    filled = render(text, {"customer": "张女士", "store": "渝都长安", "specialist": "李娜", "date": "5月10日"})
    assert filled.startswith("您好，请问是张女士吗？我是渝都长安客户关系中心的李娜。")
    assert f"新车{BLANK}！" in filled
    assert CHANGAN.title.get("en-gb").startswith("Changan")


# --- faulty packs -------------------------------------------------------------------------------
@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str, str], Path]:
    """A copy of the shipped pack with one piece of text replaced by another."""

    def change(old: str, new: str) -> Path:
        text = (HOME / "changan-dcrc.yaml").read_text(encoding="utf-8")
        assert text.count(old) >= 1, old
        path = tmp_path / "ours.yaml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return change


FIRST_CALL = "  first-call:\n    title: {zh: 首访, en: First call}"


@pytest.mark.parametrize(
    ("old", "new", "rule", "told"),
    [
        (FIRST_CALL, "  first-call:\n    titel: {zh: 首访, en: First call}", "first-call", "titel"),
        (FIRST_CALL, "  first-call:\n    title: {zh: 首访}", "first-call", "en"),
        (
            "    trigger: delivery\n    window: {opens: 1",
            "    trigger: invoice\n    window: {opens: 1",
            "first-call",
            "invoice",
        ),
        ("    window: {opens: 18, due: 21}", "    window: {opens: 18, due: 17}", "second-call", "到期日"),
        ("    window: {opens: 18, due: 21}", "    window: {opens: 18, due: soon}", "second-call", "soon"),
        (
            "    window: {opens: 18, due: 21}",
            "    minutes: 18\n    window: {opens: 18, due: 21}",
            "second-call",
            "minutes",
        ),
        ("    kind: around-service\n", "    kind: around-moon\n", "service-reminder", "around-moon"),
        ("    months_after_delivery: 2\n", "", "lost-contact", "months_after_delivery"),
        ("    script: second-call\n", "    script: third-time\n", "second-call", "third-time"),
        ("    questionnaire: second-call\n", "    questionnaire: none-such\n", "second-call", "none-such"),
        (
            "    message: birthday\n    survey_link: false",
            "    message: birthday\n    survey_link: true",
            "birthday",
            "问卷",
        ),
        ("    channel: sms\n", "    channel: pigeon\n", "birthday", "pigeon"),
        ("    message: birthday\n", "    message: none_such\n", "birthday", "none_such"),
        ("    kind: yearly\n", "    kind: weekly-draw\n    drawn_on: sun\n", "birthday", "share"),
        (
            "    kind: yearly\n",
            "    kind: weekly-draw\n    share: 15\n    drawn_on: sunday\n",
            "birthday",
            "sunday",
        ),
        ("    kind: yearly\n", "    kind: yearly\n    letter_within_days: 2\n", "birthday", "letter_within_days"),
        ("    kind: yearly\n", "    kind: after-rule\n    after: holiday\n", "birthday", "holiday"),
    ],
)
def test_a_faulty_rule_is_told_with_file_line_and_rule(
    changed: Callable[[str, str], Path], old: str, new: str, rule: str, told: str
) -> None:
    path = changed(old, new)
    with pytest.raises(PackError) as caught:
        load_pack(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    first_line = lines.index(f"  {rule}:", lines.index("rules:")) + 1
    for fault in caught.value.faults:
        assert fault.rule == rule
        assert first_line <= fault.line <= first_line + 14
    assert any(told in fault.message for fault in caught.value.faults)
    assert len(caught.value.faults) == (2 if told == "titel" else 1)
    with translation.override("zh-hans"):
        message = str(caught.value)
    assert message.startswith(f"ours.yaml:{caught.value.faults[0].line}: 规则 {rule}：")


@pytest.mark.parametrize(
    ("old", "new", "line_holds", "told"),
    [
        ('version: "2009.1"', "version: 2009.1", "version:", "2009.1"),
        ("  cool_down_days: 3\n", "", "calling:", "cool_down_days"),
        ('  calls_to: "20:00"', "  calls_to: 20:00", "calls_to", "1200"),
        ('  calls_to: "20:00"', '  calls_to: "08:00"', "calls_to", "结束时间"),
        ("  survey_refused:\n", "  survey_refusal:\n", "messages:", "survey_refused"),
        ("closing_rule: complaint-closing", "closing_rule: closing", "closing_rule", "closing"),
        ("{customer}您好，{store}客户关系中心回访", "{customer}您好，{shop}客户关系中心回访", "{shop}", "shop"),
        (
            'dissatisfied: ["no"]\n        reasons:\n          same',
            'dissatisfied: ["nope"]\n        reasons:\n          same',
            "nope",
            "nope",
        ),
        ("      - id: opinion\n", "      - id: overall\n", "id: overall", "overall"),
        (
            "        kind: text\n",
            "        kind: text\n        choices: {a: {zh: 甲, en: A}, b: {zh: 乙, en: B}}\n",
            "choices: {a",
            "choices",
        ),
        ('"yes": {zh: 修好了', "yes: {zh: 修好了", "yes: {zh: 修好了", "yes"),
        (
            "dissatisfied_at_most: 2",
            "dissatisfied_at_most: 2\ndissatisfied_at_most: 3",
            "dissatisfied_at_most: 3",
            "dissatisfied_at_most",
        ),
        ("scale:\n", "scale: &all\n", None, None),
        (
            "questionnaires:\n  sales-callback:",
            "questionnaires:\n  extra: *calling\n  sales-callback:",
            "*calling",
            "*",
        ),
        ("calling:\n", "calling: [\n", "calls_from", "YAML"),
    ],
)
def test_faults_elsewhere_are_told_with_their_line(
    changed: Callable[[str, str], Path], old: str, new: str, line_holds: str | None, told: str | None
) -> None:
    path = changed(old, new)
    if line_holds is None or told is None:
        assert load_pack(path).id == "changan-dcrc"  # an anchor alone is harmless
        return
    with pytest.raises(PackError) as caught:
        load_pack(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    fault = caught.value.faults[0]
    assert fault.rule is None
    assert told in fault.message
    if told != "YAML":
        assert line_holds in lines[fault.line - 1]


def test_all_faults_are_told_at_once(changed: Callable[[str, str], Path], tmp_path: Path) -> None:
    path = changed("  cool_down_days: 3\n", "")
    path.write_text(path.read_text(encoding="utf-8").replace("channel: phone", "channel: pigeon"), encoding="utf-8")
    with pytest.raises(PackError) as caught:
        load_pack(path)
    assert len(caught.value.faults) == 10
    assert len(str(caught.value).splitlines()) == 10


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "just words", "id: [", "\t", "a: &x [*x]", "? [a]: b", "!!python/object:os.system {}"]
)
def test_files_that_are_no_pack(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PackError) as caught:
        load_pack(path)
    assert str(caught.value).startswith("odd.yaml:")


def test_unreadable_and_unknown(tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PackError):
        load_pack(binary)
    with pytest.raises(UnknownPack, match="changan-dcrc"):
        load_pack("toyota")
    with pytest.raises(UnknownPack):
        load_pack("../packs/changan-dcrc")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    shutil.copy(HOME / "changan-dcrc.yaml", path)
    assert load_pack(path).calling.cool_down_days == 3
    path.write_text(
        path.read_text(encoding="utf-8").replace("cool_down_days: 3", "cool_down_days: 14"), encoding="utf-8"
    )
    assert load_pack(path).calling.cool_down_days == 14

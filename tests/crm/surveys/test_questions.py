"""A questionnaire as a form: shown, read back, checked."""

from typing import Any

import pytest
from care_support import DISSATISFIED, SATISFIED, posted
from django.http import QueryDict
from django.utils.translation import override

from crm.surveys import questions
from sanfang.standards.packs import load_pack

PACK = load_pack("changan-dcrc")
SERVICE = PACK.questionnaires["service-callback"]


def form(data: dict[str, Any]) -> QueryDict:
    query = QueryDict(mutable=True)
    for key, value in data.items():
        query.setlist(key, value if isinstance(value, list) else [value])
    return query


def one(key: str, answers: dict[str, Any] | None = None, **problems: str) -> questions.ShownQuestion:
    return next(found for found in questions.shown(PACK, SERVICE, answers or {}, problems) if found.key == key)


@pytest.mark.parametrize("answers", [SATISFIED, DISSATISFIED])
def test_what_a_form_posts_is_read_back_as_it_was_meant(answers: dict[str, Any]) -> None:
    assert questions.read(SERVICE, form(posted(answers))) == answers


def test_reasons_count_only_beside_a_dissatisfied_answer_and_only_those_offered() -> None:
    data = posted(SATISFIED) | {
        "q-overall-reason": ["waiting"],
        "q-clean": "no",
        "q-clean-reason": ["marks", "x", "marks"],
    }
    read = questions.read(SERVICE, form(data))
    assert read["overall"]["reasons"] == []
    assert read["clean"] == {"value": False, "reasons": ["marks"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("overall", "6"),
        ("overall", "0"),
        ("overall", "very"),
        ("overall", "99999999999999999999999"),
        ("overall", "５"),
        ("repaired", "perhaps"),
        ("clean", "true"),
    ],
)
def test_nonsense_is_named_at_its_question(field: str, value: str) -> None:
    answers = questions.read(SERVICE, form(posted(SATISFIED) | {f"q-{field}": value}))
    with pytest.raises(questions.AnswersRefused) as refused:
        questions.refuse_bad(SERVICE, answers)
    assert list(refused.value.problems) == [field]


def test_missing_answers_are_listed_by_their_place() -> None:
    answers = {key: value for key, value in SATISFIED.items() if key not in {"advisor", "clean"}}
    with pytest.raises(questions.AnswersRefused, match="第 2、5 题") as refused:
        questions.refuse_bad(SERVICE, answers)
    assert refused.value.problems == {"advisor": "请回答这一题。", "clean": "请回答这一题。"}


def test_answers_to_questions_that_are_not_asked_are_refused() -> None:
    with pytest.raises(questions.AnswersRefused, match="刷新"):
        questions.refuse_bad(SERVICE, SATISFIED | {"shoe-size": {"value": 42, "reasons": []}})


def test_an_endless_text_is_refused() -> None:
    answers = questions.read(SERVICE, form(posted(SATISFIED) | {"q-opinion": "很" * 1001}))
    assert list(questions.check(SERVICE, answers).problems) == ["opinion"]


def test_the_options_that_mean_dissatisfied_are_marked() -> None:
    assert [(option.value, option.low) for option in one("overall").options] == [
        ("5", False),
        ("4", False),
        ("3", False),
        ("2", True),
        ("1", True),
    ]
    assert [(option.value, option.low) for option in one("clean").options] == [("yes", False), ("no", True)]
    assert [option.value for option in one("repaired").options if option.low] == ["no"]


def test_given_answers_reasons_and_errors_are_shown_again() -> None:
    shown = one("overall", DISSATISFIED, overall="请检查")
    assert (shown.kind, shown.answer, shown.chosen_reasons, shown.error) == (
        "likert",
        "1",
        ("waiting", "price"),
        "请检查",
    )
    assert one("clean", DISSATISFIED).answer == "no"
    assert one("opinion").kind == "text"
    assert one("opinion").answer is None


def test_both_languages_are_spoken() -> None:
    with override("zh-hans"):
        assert one("overall").options[0].label == "非常满意"
    with override("en"):
        assert one("overall").options[0].label == "Very satisfied"
        assert one("clean").options[1].label == "No"


def test_answers_in_words_say_which_are_dissatisfied() -> None:
    with override("zh-hans"):
        lines = questions.labelled(PACK, SERVICE, DISSATISFIED | {"opinion": {"value": "再见", "reasons": []}})
    assert lines[0] == ("总的来说，您对这次维修保养的服务满意吗？", "非常不满意（等待时间长、费用偏高）", True)
    assert lines[1][1:] == ("满意", False)
    assert lines[-1] == ("您对我们还有什么意见或建议？", "再见", False)


def test_what_is_stored_has_a_place_for_every_question() -> None:
    stored = questions.complete(SERVICE, SATISFIED)
    assert list(stored) == [question.id for question in SERVICE.questions]
    assert stored["waiting-area"] == {"value": None, "reasons": []}

"""What answers mean."""

from typing import Any

import pytest

from sanfang.standards.definitions import Choice, Question, QuestionKind, Questionnaire, Text
from sanfang.standards.packs import load_pack
from sanfang.standards.questionnaires import assess

SERVICE = load_pack("changan-dcrc").questionnaires["service-callback"]
GOOD: dict[str, Any] = {
    "overall": 5,
    "advisor": 4,
    "explanation": 3,
    "repaired": "yes",
    "clean": True,
    "waiting-area": None,
    "opinion": "",
}


def test_satisfied_and_complete() -> None:
    found = assess(SERVICE, GOOD)
    assert found.complete
    assert (found.missing, found.invalid, found.dissatisfied, found.unknown) == ((), (), (), ())


@pytest.mark.parametrize(
    ("answers", "dissatisfied"),
    [
        ({"overall": 2}, ("overall",)),
        ({"overall": 3}, ()),
        ({"explanation": 1, "overall": 1}, ("overall", "explanation")),  # in the questionnaire's order
        ({"repaired": "no"}, ("repaired",)),
        ({"repaired": "not-driven"}, ()),
        ({"clean": False}, ("clean",)),
        ({"waiting-area": 1}, ("waiting-area",)),
    ],
)
def test_dissatisfied(answers: dict[str, Any], dissatisfied: tuple[str, ...]) -> None:
    found = assess(SERVICE, {**GOOD, **answers})
    assert found.dissatisfied == dissatisfied
    assert found.complete


def test_missing() -> None:
    assert assess(SERVICE, {}).missing == ("overall", "advisor", "explanation", "repaired", "clean")
    assert assess(SERVICE, {**GOOD, "advisor": None, "repaired": " "}).missing == ("advisor", "repaired")
    assert not assess(SERVICE, {**GOOD, "advisor": None}).complete


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        *(("overall", answer) for answer in (0, 6, 2.0, "2", True, [2])),
        *(("repaired", answer) for answer in ("maybe", 1, True, ["no"])),
        *(("clean", answer) for answer in (0, 1, "no")),
        *(("opinion", answer) for answer in (3, True, ["a"])),
    ],
)
def test_answers_that_cannot_be(question: str, answer: object) -> None:
    found = assess(SERVICE, {**GOOD, question: answer})
    assert found.invalid == (question,)
    assert not found.complete
    assert found.dissatisfied == ()


def test_answers_to_questions_nobody_asked() -> None:
    found = assess(SERVICE, {**GOOD, "weather": "fine"})
    assert found.unknown == ("weather",)
    assert not found.complete


def test_recommendation_from_0_to_10() -> None:
    text = Text("您会推荐我们吗？", "Would you recommend us?")
    question = Question("nps", QuestionKind.NPS, text, True, "crc", (), (Choice("a", text),), frozenset(range(7)))
    questionnaire = Questionnaire("q", text, (question,))
    assert assess(questionnaire, {"nps": 0}).dissatisfied == ("nps",)
    assert assess(questionnaire, {"nps": 6}).dissatisfied == ("nps",)
    assert assess(questionnaire, {"nps": 7}).dissatisfied == ()
    assert assess(questionnaire, {"nps": 10}).complete
    assert assess(questionnaire, {"nps": 11}).invalid == ("nps",)
    assert assess(questionnaire, {"nps": False}).invalid == ("nps",)

"""What answers to a questionnaire mean: what is missing, what can't be, who is dissatisfied."""

from collections.abc import Mapping
from dataclasses import dataclass

from sanfang.standards.definitions import Question, QuestionKind, Questionnaire

LOWEST, HIGHEST = 1, 5
NPS_HIGHEST = 10


@dataclass(frozen=True, slots=True)
class Assessment:
    """Question ids in the questionnaire's order; ``unknown``: answers to questions it doesn't have."""

    missing: tuple[str, ...]
    invalid: tuple[str, ...]
    dissatisfied: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Everything required is answered and nothing is answered that can't be."""
        return not (self.missing or self.invalid or self.unknown)


def assess(questionnaire: Questionnaire, answers: Mapping[str, object]) -> Assessment:
    """Answers by question id: five_point 1 to 5 (5 is very satisfied), nps 0 to 10, yes_no True or
    False, choice the choice's id, text a string. None and blank text are no answer."""
    missing, invalid, dissatisfied = [], [], []
    for question in questionnaire.questions:
        answer = answers.get(question.id)
        if answer is None or (isinstance(answer, str) and not answer.strip()):
            if question.required:
                missing.append(question.id)
        elif not is_valid(question, answer):
            invalid.append(question.id)
        elif answer in question.dissatisfied:
            dissatisfied.append(question.id)
    asked = {question.id for question in questionnaire.questions}
    unknown = sorted(answers.keys() - asked)
    return Assessment(tuple(missing), tuple(invalid), tuple(dissatisfied), tuple(unknown))


def is_valid(question: Question, answer: object) -> bool:
    """Whether ``answer`` can be an answer to ``question``. True is not the number 1."""
    match question.kind:
        case QuestionKind.FIVE_POINT:
            return type(answer) is int and LOWEST <= answer <= HIGHEST
        case QuestionKind.NPS:
            return type(answer) is int and 0 <= answer <= NPS_HIGHEST
        case QuestionKind.YES_NO:
            return isinstance(answer, bool)
        case QuestionKind.CHOICE:
            return any(answer == choice.id for choice in question.choices)
        case QuestionKind.TEXT:
            return isinstance(answer, str)

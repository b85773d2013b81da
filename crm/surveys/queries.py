"""What screens ask about questionnaires, and about the messages that carry them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.customers import queries as customers
from crm.store.queries import StoreFacts
from crm.surveys import codes
from crm.surveys.models import Invitation, Response
from crm.surveys.questions import (
    Answers,
    AnswersRefused,
    Check,
    ShownQuestion,
    check,
    labelled,
    read,
    refuse_bad,
    shown,
)
from sanfang.kernel.permissions import Actor
from sanfang.messaging import queries as messaging
from sanfang.messaging.numbers import landline
from sanfang.messaging.queries import MessageRow
from sanfang.standards.definitions import Pack, QuestionKind, Questionnaire
from sanfang.standards.packs import load_pack
from tenants.models import Kind, Tenant
from tenants.queries import address_of

if TYPE_CHECKING:
    from crm.customers.queries import Customer

__all__ = [
    "Answers",
    "AnswersRefused",
    "Check",
    "Invitation",
    "ShownQuestion",
    "check",
    "in_words",
    "invitation_of",
    "labelled",
    "messages",
    "of_customer",
    "of_follow_up",
    "own_words",
    "questionnaire_of",
    "read",
    "refuse_bad",
    "response_at",
    "said_by_every_message",
    "sheet",
    "shown",
    "state_of",
]

PURPOSES = {"survey_link": _("问卷链接")}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A questionnaire as the public page shows it (screen contract), to ``customer_salutation``."""

    title: str
    intro: str
    questions: tuple[ShownQuestion, ...]
    customer_salutation: str


@dataclass(frozen=True, slots=True)
class SentMessage(MessageRow):
    """A message with its customer and, where it carried a questionnaire, what came of that.

    ``survey_state``: answered, open, expired, or None.
    """

    purpose_label: Any
    customer_name: str
    survey_state: str | None


@dataclass(frozen=True, slots=True)
class ResponseBrief:
    """``dissatisfied``: how many answers were."""

    id: UUID
    at: datetime
    questionnaire: str
    source: str
    source_label: Any
    by: str | None
    dissatisfied: int
    note: str


def said_by_every_message(place: StoreFacts) -> dict[str, str]:
    """The variables that are the same whoever a message goes to; a link ends in its customer's code."""
    return {
        "store": place.short_name,
        "phone": landline(place.phone),
        "link": address_of(Tenant(kind=Kind.PUBLIC), "/s/{code}"),
    }


def invitation_of(code: str) -> Invitation | None:
    """The invitation whose link ends in ``code`` (already :func:`~crm.surveys.codes.tidied`)."""
    found = Invitation.objects.select_related("customer", "vehicle")
    return found.filter(code_hash__in=codes.possible_hashes(code)).first()


def state_of(invitation: Invitation, now: datetime) -> str:
    """``answered``, ``expired`` or ``open``; worked out, so it can't contradict its instants."""
    if invitation.answered_at is not None:
        return "answered"
    return "open" if now < invitation.expires_at else "expired"


def questionnaire_of(asked: Invitation | Response) -> Questionnaire:
    """What was asked, in the version it was asked in."""
    return _pack_of(asked).questionnaires[asked.questionnaire]


def sheet(invitation: Invitation, answers: Answers, problems: Mapping[str, str] | None = None) -> Sheet:
    """The questionnaire as it was sent, in the language in use, with what has been answered so far."""
    questionnaire = questionnaire_of(invitation)
    return Sheet(
        title=questionnaire.title.get(get_language() or ""),
        intro="",
        questions=shown(_pack_of(invitation), questionnaire, answers, problems),
        customer_salutation=customers.salutation(invitation.customer),
    )


def messages(actor: Actor, now: datetime, *, limit: int = 200) -> list[SentMessage]:
    """The newest messages for the screen 短信."""
    rows = messaging.newest(actor, now, limit=limit)
    names = customers.names({row.customer_id for row in rows})
    states = _states({row.about for row in rows if row.about}, now)
    return [
        SentMessage(
            **{field.name: getattr(row, field.name) for field in fields(row)},
            purpose_label=PURPOSES.get(row.purpose, row.purpose),
            customer_name=names.get(row.customer_id, ""),
            survey_state=states.get(row.about) if row.about else None,
        )
        for row in rows
    ]


def of_customer(customer: "Customer", *, limit: int = 50) -> list[ResponseBrief]:
    """For the customer's timeline, newest first."""
    return briefs(rows_of_customer(customer.pk, limit=limit))


def rows_of_customer(customer_id: UUID, *, limit: int) -> QuerySet[Response]:
    """For :func:`briefs`, to be read together with others."""
    return Response.objects.filter(customer=customer_id).select_related("by").order_by("-at", "-pk")[:limit]


def briefs(rows: Iterable[Response]) -> list[ResponseBrief]:
    return [
        ResponseBrief(
            id=response.pk,
            at=response.at,
            questionnaire=questionnaire_of(response).title.get(get_language() or ""),
            source=response.source,
            source_label=Response.Source(response.source).label,
            by=response.by.name if response.by else None,
            dissatisfied=len(response.dissatisfied),
            note=response.note,
        )
        for response in rows
    ]


def of_follow_up(follow_up_id: UUID) -> Response | None:
    """The newest answers to one follow-up."""
    return Response.objects.filter(follow_up_id=follow_up_id).order_by("-at", "-pk").first()


def response_at(customer: "Customer", at: datetime) -> Response | None:
    """The customer's answers given at that very moment: what a complaint registered with them came from."""
    return Response.objects.filter(customer=customer, at=at).order_by("-pk").first()


def own_words(response: Response) -> list[str]:
    """What they wrote or said beside the answers they could choose from."""
    asked = [one.id for one in questionnaire_of(response).questions if one.kind is QuestionKind.TEXT]
    said = [response.answers.get(key, {}).get("value") for key in asked]
    return [str(words).strip() for words in (*said, response.note) if words and str(words).strip()]


def in_words(response: Response) -> list[tuple[str, str, bool]]:
    """Question, answer and whether it means dissatisfied, in the language in use."""
    return labelled(_pack_of(response), questionnaire_of(response), response.answers)


def _pack_of(asked: Invitation | Response) -> Pack:
    return load_pack(asked.pack, version=asked.pack_version)


def _states(keys: Collection[UUID], now: datetime) -> dict[UUID, str]:
    return {found.pk: state_of(found, now) for found in Invitation.objects.filter(pk__in=keys)}

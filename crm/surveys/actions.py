"""Keeping answers, and sending questionnaires as links (handbook §3, "rules of calling", and §6)."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.complaints import actions as complaints
from crm.customers import queries as customers
from crm.store.queries import store
from crm.surveys import codes, policy, questions
from crm.surveys.links import valid_for
from crm.surveys.models import Invitation, Response
from crm.surveys.queries import own_words, said_by_every_message
from crm.surveys.questions import Answers
from sanfang.audit.actions import record_event
from sanfang.kernel.errors import Conflict, DomainError
from sanfang.kernel.permissions import Actor
from sanfang.messaging import secrets
from sanfang.messaging.actions import cancel_message, queue_message
from sanfang.messaging.texts import worded
from sanfang.standards.definitions import Pack
from sanfang.standards.packs import load_pack
from sanfang.tenancy.context import current_tenant

if TYPE_CHECKING:
    from crm.customers.queries import Customer
    from crm.vehicles.queries import Vehicle

PURPOSE = "survey_link"
"""What the message is for, and the pack's message to a customer whom nobody reached."""
REFUSED = "survey_refused"
"""The pack's message to one who was reached and wouldn't answer."""
MESSAGE_LANGUAGE = "zh-hans"


@transaction.atomic
def record_answers(
    *,
    questionnaire: str,
    customer: "Customer",
    vehicle: "Vehicle | None",
    source: str,
    follow_up_id: UUID | None,
    answers: Answers,
    note: str,
    by: Actor | None,
    now: datetime,
    pack_version: str | None = None,
) -> Response:
    """Answers given on the phone. Raises :class:`~crm.surveys.questions.AnswersRefused`, listing the questions.

    ``pack_version`` is the version whose questions were asked; the store's own when not given.
    """
    if by is not None:
        policy.responses.require(by, "record")
    asked = Response(
        customer=customer,
        vehicle=vehicle,
        questionnaire=questionnaire,
        source=source,
        follow_up_id=follow_up_id,
        by_id=by.staff_id if by else None,
    )
    return _keep(asked, _pack(pack_version), answers=answers, note=note, now=now)


@transaction.atomic
def invite(
    *,
    customer: "Customer",
    vehicle: "Vehicle | None",
    follow_up_id: UUID | None,
    questionnaire: str,
    now: datetime,
    context: Mapping[str, str] | None = None,
    pack_version: str | None = None,
    message: str = PURPOSE,
) -> Invitation | None:
    """Sends the questionnaire to the customer's mobile as a link; None when there is no number to send it to.

    A follow-up sends one invitation, however often it is asked to. ``message`` names the pack's text, ``context``
    gives further variables of it. The text is in Chinese, whatever language the caller works in.
    """
    earlier = Invitation.objects.filter(follow_up_id=follow_up_id).first() if follow_up_id else None
    if earlier is not None:
        return earlier
    if not customers.can_be_messaged(customer):
        return None
    pack, code = _pack(pack_version), codes.new_code(current_tenant().code)
    with override(MESSAGE_LANGUAGE):
        fixed, values = _values(customer, context or {})
        made = worded(message, pack.messages[message].zh, fixed=fixed, values=values)
    invitation = Invitation(
        customer=customer,
        vehicle=vehicle,
        follow_up_id=follow_up_id,
        pack=pack.id,
        pack_version=pack.version,
        questionnaire=pack.questionnaires[questionnaire].id,
        code_hash=codes.code_hash(code),
        sent_at=now,
        expires_at=now + valid_for(),
    )
    invitation.message = queue_message(
        customer_id=customer.pk,
        mobile=customer.mobile,
        wording=message,
        made=made,
        values=values,
        secret=code,
        purpose=PURPOSE,
        about=invitation,
        not_after=invitation.expires_at,
        now=now,
    )
    invitation.save()
    record_event(None, invitation, "survey.invited", now, questionnaire=questionnaire)
    return invitation


def take_back(*, follow_up_id: UUID, invitation_id: UUID | None, at: datetime) -> tuple[Answers, str]:
    """The answers given on the phone at that moment, and the questionnaire sent as a link, never were. Returns answers
    and note. Part of the caller's transaction. Raises :class:`Conflict` when the message has left already."""
    if invitation_id is not None:
        invitation = Invitation.objects.get(pk=invitation_id)
        if not cancel_message(invitation.message_id):
            raise Conflict(_("短信问卷已经发出，不能撤销。"), code="gone_on")
        invitation.delete()
    response = Response.objects.filter(follow_up_id=follow_up_id, source=Response.Source.CALL, at=at).first()
    if response is None:
        return {}, ""
    answers, note = response.answers, response.note
    response.delete()
    return {key: kept for key, kept in answers.items() if kept.get("value") is not None}, note


@transaction.atomic
def answer(invitation: Invitation, *, answers: Answers, note: str, now: datetime) -> Response:
    """The customer's own answers, taken once. A dissatisfied one opens a complaint on the spot.

    Two browsers at once: the guarded update lets one through, the other is told it was answered.
    """
    taken = Invitation.objects.filter(pk=invitation.pk, answered_at=None, expires_at__gt=now).update(answered_at=now)
    if not taken:
        invitation.refresh_from_db()
        if invitation.answered_at:
            raise Conflict(_("问卷已经提交过了，感谢您的回答。"), code="answered")
        raise DomainError(_("问卷链接已过期。"), code="expired")
    pack = load_pack(invitation.pack, version=invitation.pack_version)
    asked = Response(
        customer=invitation.customer,
        vehicle=invitation.vehicle,
        questionnaire=invitation.questionnaire,
        source=Response.Source.LINK,
        follow_up_id=invitation.follow_up_id,
        invitation=invitation,
    )
    response = _keep(asked, pack, answers=answers, note=note, now=now)
    record_event(None, invitation, "survey.answered", now, dissatisfied=response.dissatisfied)
    if response.dissatisfied:
        _complain(response, pack, now)
    return response


def _keep(response: Response, pack: Pack, *, answers: Answers, note: str, now: datetime) -> Response:
    questionnaire = pack.questionnaires[response.questionnaire]
    checked = questions.refuse_bad(questionnaire, answers)
    if len(note) > questions.LONGEST_NOTE:
        raise DomainError(
            _("补充说明请不要超过 %(most)d 个字。") % {"most": questions.LONGEST_NOTE}, code="too_long", field="note"
        )
    response.pack, response.pack_version = pack.id, pack.version
    response.answers = questions.complete(questionnaire, answers)
    response.dissatisfied = list(checked.dissatisfied)
    response.note, response.at = note.strip(), now
    response.save()
    return response


def _complain(response: Response, pack: Pack, now: datetime) -> None:
    """In the house's language: colleagues read it, whichever language the customer chose."""
    questionnaire = pack.questionnaires[response.questionnaire]
    with override(MESSAGE_LANGUAGE):
        lines = questions.labelled(pack, questionnaire, response.answers)
        low = [f"{text} {words}" for text, words, is_low in lines if is_low]
        said = [f"{text} {words}" for text, words, is_low in lines if not is_low]
        title = _title(questionnaire.title.get(MESSAGE_LANGUAGE), len(low), own_words(response))
    complaints.register(
        None,
        customer=response.customer,
        vehicle=response.vehicle,
        channel="survey",
        title=title,
        text="\n".join([*low, *said, response.note]),
        follow_up_id=response.follow_up_id,
        now=now,
    )


def _title(questionnaire: str, count: int, words: list[str]) -> str:
    """What the list shows: the customer's own words where there are any."""
    if words:
        said = words[0].splitlines()[0][:60]
        return _("%(questionnaire)s不满意：%(words)s") % {"questionnaire": questionnaire, "words": said}
    return _("%(questionnaire)s：%(count)d 项不满意") % {"questionnaire": questionnaire, "count": count}


def _values(customer: "Customer", context: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What every message of the store says alike, and this customer's own."""
    fixed = said_by_every_message(store())
    return fixed, {**context, "customer": customers.salutation(customer), "code": secrets.PLACE}


def _pack(version: str | None) -> Pack:
    own = store().pack
    return own if version in (None, own.version) else load_pack(own.id, version=version)

"""Writing down how a call ended, with everything that follows from it, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.complaints import actions as complaints
from crm.customers import actions as customers
from crm.customers.queries import masked_mobile
from crm.followups import contacts, holds, marks, promises
from crm.followups.models import Attempt, Draft, FollowUp, OutcomeKind, State
from crm.followups.outcomes import ENDINGS, OF_VISITS, TRANSITIONS, Ending, ended
from crm.followups.policy import callbacks
from crm.followups.reach import WRONG, number_to_call
from crm.followups.tries import failed_before
from crm.followups.work import next_after
from crm.store.queries import StoreFacts, store
from crm.surveys import actions as surveys
from crm.surveys.queries import labelled
from crm.vehicles import queries as vehicles
from sanfang.audit.actions import record_event
from sanfang.kernel.contacts import LASTING, Reason
from sanfang.kernel.errors import Conflict, DomainError
from sanfang.kernel.events import TriggerKind
from sanfang.kernel.permissions import Actor
from sanfang.kernel.rules import Channel
from sanfang.standards.definitions import Pack
from sanfang.standards.packs import load_pack
from sanfang.tenancy.models import Staff

HOUSE_LANGUAGE = "zh-hans"
"""What colleagues read in a complaint or a tracking item, whatever language the caller works in."""

MATTERS = frozenset(Reason) - {Reason.NO_NUMBER, Reason.WRONG_NUMBER}
"""What can forbid writing a call down. That there is no number to dial is itself something to write down. A
visit is written down after it, at whatever hour; it was asked about when it was planned."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: the ids of what it led to, and of the call to go on with."""

    next: UUID | None
    complaint: UUID | None
    invitation: UUID | None
    tracking: UUID | None


@transaction.atomic
def record_outcome(
    actor: Actor,
    follow_up: FollowUp,
    *,
    attempt: int,
    outcome: str,
    now: datetime,
    answers: Mapping[str, Mapping[str, Any]] | None = None,
    note: str = "",
    promised_at: datetime | None = None,
    reason: str = "",
    dialled: str | None = None,
    asked: bool = False,
    same_call: bool = False,
) -> Outcome:
    """The call of ``follow_up`` ended.

    ``attempt`` is the number of this attempt, one more than the screen showed. The same submit twice (a
    double click, a retry) counts once and answers the same; another's attempt in the meantime is a conflict.
    ``dialled`` is the masked number that was on the screen: one corrected meanwhile isn't reported wrong.
    ``asked``: the customer asked for this call (or rang up); asked where the number wasn't looked up for it.
    ``same_call``: a further part of a conversation whose first part was let through
    (:mod:`crm.followups.conversation`).

    1. check what this outcome needs; 2. count the attempt, guarded, unless it comes too soon; 3. keep the answers
    and open a complaint for a dissatisfied one; or send the questionnaire, or report the number; 4. clear draft
    and hold.
    """
    callbacks.require(actor, "make")
    if outcome not in OutcomeKind.values:
        raise DomainError(_("请选择回访结果。"), code="no_outcome", field="outcome")
    kind, place = OutcomeKind(outcome), store()
    ending = ENDINGS[kind]
    if follow_up.channel == Channel.VISIT and kind not in OF_VISITS:
        raise DomainError(_("走访没有这种结果，请重新选择。"), code="no_outcome", field="outcome")
    pack = load_pack(follow_up.pack, version=follow_up.pack_version)
    _check_reason(ending, reason)
    if ending.needs == "time":
        promised_at = promises.checked(promised_at, place, pack.calling, now)
    else:
        promised_at = None

    before = failed_before(follow_up.customer_id, follow_up.pk, attempt) if ending.failed else None
    given_up_now = before is not None and before.enough(pack.calling)
    step = TRANSITIONS["give_up" if given_up_now else ending.verb]
    counted = FollowUp.objects.filter(pk=follow_up.pk, state__in=step.sources, attempts=attempt - 1).update(
        attempts=attempt,
        state=step.target,
        promised_at=promised_at,
        ended_at=None if step.target == State.OPEN else now,
    )
    if not counted:
        return _earlier(actor, follow_up, attempt, kind, place, now)
    if before is not None and not same_call:
        before.check_pause(pack.calling, place, now)
    taken = holds.take(actor, follow_up.customer_id, place, now)
    if (
        taken.revealed_at is None and not same_call
    ):  # else it was asked when the number was shown, and what was done is written down
        matters = MATTERS & LASTING if follow_up.channel == Channel.VISIT else MATTERS
        contacts.require(actor, follow_up, place, now, asked=asked, only=matters)
    call = FollowUp.objects.select_related("customer", "vehicle").get(pk=follow_up.pk)
    trying = Attempt(
        follow_up=call,
        number=attempt,
        staff_id=actor.staff_id,
        at=now,
        outcome=kind,
        reason=reason if ending.reasons else "",
        note=note.strip()[:2000],
        promised_at=promised_at,
    )
    if kind == OutcomeKind.COMPLETED:
        trying.complaint_id = _keep_answers(actor, call, pack, answers or {}, trying.note, now)
    elif kind == OutcomeKind.WRONG_NUMBER:
        trying.tracking_id = _report_number(actor, call, trying, dialled, now)
    elif given_up_now or ending.invites:
        trying.invitation_id = _invite(call, pack, now, surveys.REFUSED if ending.invites else surveys.PURPOSE)
    trying.save()
    Draft.objects.filter(follow_up=call).delete()
    holds.let_go(actor, call.customer_id)
    if step.target != State.OPEN:
        _replan(call)
    record_event(actor, call, f"callback.{step.verb}", now, outcome=kind, attempt=attempt, reason=trying.reason)
    return _told(actor, trying, place, now)


def _check_reason(ending: Ending, reason: str) -> None:
    if ending.reasons and reason not in ending.reasons.values:
        raise DomainError(_("请选择原因。"), code="no_reason", field="reason")


def _earlier(
    actor: Actor, follow_up: FollowUp, attempt: int, kind: OutcomeKind, place: StoreFacts, now: datetime
) -> Outcome:
    """The attempt is there already: the same submit once more, or somebody else's."""
    made = Attempt.objects.select_related("staff").filter(follow_up=follow_up, number=attempt).first()
    if made is not None and made.staff_id == actor.staff_id and made.outcome == kind:
        return _told(actor, made, place, now)
    if made is not None:
        raise Conflict(
            _("%(name)s 已在 %(time)s 登记了这次拨打（%(outcome)s），请刷新后再登记。")
            % {
                "name": made.staff.name,
                "time": f"{place.calendar.local(made.at):%H:%M}",
                "outcome": OutcomeKind(made.outcome).label,
            },
            code="already_recorded",
        )
    follow_up.refresh_from_db()
    if follow_up.state != State.OPEN:
        raise ended(follow_up)
    raise Conflict(_("页面已过期，请刷新后再登记。"), code="stale")


def _told(actor: Actor, made: Attempt, place: StoreFacts, now: datetime) -> Outcome:
    return Outcome(
        next=next_after(actor, made.follow_up_id, place, now),
        complaint=made.complaint_id,
        invitation=made.invitation_id,
        tracking=made.tracking_id,
    )


def _keep_answers(
    actor: Actor, call: FollowUp, pack: Pack, answers: Mapping[str, Mapping[str, Any]], note: str, now: datetime
) -> UUID | None:
    """The answers, raw. A dissatisfied one opens a complaint on the spot (handbook §3): its id, else None."""
    name = pack.rules[call.rule].questionnaire
    if name is None:
        return None
    response = surveys.record_answers(
        questionnaire=name,
        pack_version=pack.version,
        customer=call.customer,
        vehicle=call.vehicle,
        source="call",
        follow_up_id=call.pk,
        answers=answers,
        note=note,
        by=actor,
        now=now,
    )
    if not response.dissatisfied:
        return None
    questionnaire = pack.questionnaires[name]
    with override(HOUSE_LANGUAGE):
        lines = labelled(pack, questionnaire, answers)
        low = [(text, words) for text, words, dissatisfied in lines if dissatisfied]
        title = _title(pack.rules[call.rule].title.get(HOUSE_LANGUAGE), low, note)
    order = vehicles.repair_order(UUID(call.trigger)) if call.trigger_kind == TriggerKind.REPAIR_ORDER else None
    complaint = complaints.register(
        actor,
        customer=call.customer,
        vehicle=call.vehicle,
        channel="callback",
        title=title,
        text="\n".join(filter(None, [*(f"{text} {words}" for text, words in low), note])),
        follow_up_id=call.pk,
        repair_order=order,
        now=now,
    )
    return complaint.pk


def _title(rule: str, low: list[tuple[str, str]], note: str) -> str:
    """What the list shows: the customer's own words where there are any, else the first thing they disliked."""
    said = note.splitlines()[0][:60] if note else ""
    if said:
        return _("%(rule)s不满意：%(words)s") % {"rule": rule, "words": said}
    question, answer = low[0]
    words = {"rule": rule, "question": question, "answer": answer, "more": len(low) - 1}
    if len(low) == 1:
        return _("%(rule)s不满意：%(question)s %(answer)s") % words
    return _("%(rule)s不满意：%(question)s %(answer)s，另有 %(more)d 项") % words


def _report_number(actor: Actor, call: FollowUp, trying: Attempt, dialled: str | None, now: datetime) -> UUID:
    """A tracking item for whoever knows the customer: the order's advisor, the delivery's consultant."""
    customer = call.customer
    number = number_to_call(customer)
    if dialled is not None and dialled != masked_mobile(number):
        raise Conflict(_("客户电话刚刚已更正，请刷新后用新号码再拨。"), code="number_changed")
    mobile = bool(customer.mobile) and customer.mobile_state != WRONG
    with override(HOUSE_LANGUAGE):
        label = str(dict(ENDINGS[OutcomeKind.WRONG_NUMBER].options())[trying.reason])
        if mobile:
            note = "：".join(filter(None, [label, trying.note]))
        else:
            note = number or _("没有联系电话")
    item = customers.report_wrong(
        actor,
        customer,
        field="mobile" if mobile else "other",
        note=note,
        owner=owner_of(call),
        vehicle=call.vehicle,
        now=now,
    )
    return item.pk


def owner_of(call: FollowUp) -> Staff | None:
    """Who is asked for the right number: the colleague on the document, else who knows the car best."""
    named: Staff | None = None
    if call.trigger_kind == TriggerKind.REPAIR_ORDER:
        order = vehicles.repair_order(UUID(call.trigger))
        named = order.advisor if order else None
    elif call.trigger_kind == TriggerKind.DELIVERY:
        delivery = vehicles.delivery(UUID(call.trigger))
        named = delivery.consultant if delivery else None
    return named or (vehicles.responsible(call.vehicle_id) if call.vehicle_id else None)


def _invite(call: FollowUp, pack: Pack, now: datetime, message: str) -> UUID | None:
    """The questionnaire as a link, where the standard has one for it and there is a right number."""
    rule = pack.rules[call.rule]
    if not rule.survey_link or rule.questionnaire is None:
        return None
    invitation = surveys.invite(
        customer=call.customer,
        vehicle=call.vehicle,
        follow_up_id=call.pk,
        questionnaire=rule.questionnaire,
        pack_version=pack.version,
        message=message,
        context={
            "model": call.vehicle.title if call.vehicle else "",
            "plate": call.vehicle.plate if call.vehicle else "",
            "date": call.trigger_on.isoformat(),
        },
        now=now,
    )
    return invitation.pk if invitation else None


def _replan(call: FollowUp) -> None:
    """What counts from the end of this call (a second follow-up) is asked for by the next plan."""
    if call.vehicle_id:
        marks.mark_vehicles([call.vehicle_id])
    else:
        marks.mark_customers([call.customer_id])

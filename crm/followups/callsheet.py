"""One call on one page: the customer's file, this visit, the past, the script, the questionnaire and what
the call can end in (screen contract "Workbench", ``call``). At most twelve statements."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from crm.complaints.queries import RECENT, ComplaintBrief
from crm.customers.queries import contact_rules, masked_mobile, spoken_name
from crm.followups import endings, promises
from crm.followups.contact_words import Contact
from crm.followups.contact_words import told as explained
from crm.followups.models import Attempt, FollowUp, State
from crm.followups.outcomes import CONNECTED, FAILED
from crm.followups.policy import callbacks
from crm.followups.reach import WRONG, number_to_call
from crm.followups.sheets import (
    Alert,
    Callback,
    CallSheet,
    CustomerFacts,
    HoldFacts,
    OtherCall,
    QuickTime,
    ScriptText,
    Sheet,
    VehicleFacts,
)
from crm.followups.timeline import Past, past, told
from crm.followups.tries import in_vain, too_soon
from crm.followups.visits import visit
from crm.followups.words import Packs, filled, kind, script, title
from crm.store.queries import StoreFacts, store
from crm.surveys.queries import in_words, of_follow_up, shown
from crm.vehicles.queries import Delivery, RepairOrder
from sanfang.kernel.contacts import ContactFacts, Reason, decide
from sanfang.kernel.events import TriggerKind
from sanfang.kernel.permissions import Actor
from sanfang.kernel.rules import Channel
from sanfang.standards.definitions import Pack
from sanfang.standards.packs import load_pack

DOCUMENTS = (TriggerKind.DELIVERY, TriggerKind.REPAIR_ORDER)
"""Triggers that are a document of their own."""
OTHERS = 10
"""How many of the customer's other calls a finished one leads to."""


def call(actor: Actor, key: UUID | str, *, now: datetime, place: StoreFacts | None = None) -> CallSheet:
    """The whole sheet. NotFound or Forbidden where it isn't the actor's to see. Two statements with ``place``."""
    rows = FollowUp.objects.select_related("customer__hold__staff", "vehicle", "draft")
    row = callbacks.get(actor, key, rows=rows)
    place, pack = place or store(), load_pack(row.pack, version=row.pack_version)
    about = UUID(row.trigger) if row.trigger_kind in DOCUMENTS else None
    read = past(row.customer, row.vehicle_id, about)
    mine = [one for one in read.attempts if one.follow_up_id == row.pk]
    its_document = next((one for one in read.documents if one.pk == about), None)
    draft = getattr(row, "draft", None)
    masked = masked_mobile(_number(row, read))
    number, hold, closed = _number(row, read), _hold(row, actor, now), _closed(row, mine, read)
    word = next((one for one in read.consents if one.purpose == "calls"), None)
    contact = _contact(row, actor, read, place, pack, word, now)
    return CallSheet(
        id=row.pk,
        purpose=title(row, pack),
        kind=kind(row, pack),
        channel=row.channel,
        opens=row.opens,
        due=row.due,
        promised_at=row.promised_at,
        attempts=row.attempts,
        attempt=row.attempts + 1,
        max_attempts=pack.calling.attempts_before_survey,
        customer=_customer(row, read, place, word, now),
        phone_masked=masked,
        phone=number if hold.revealed_at and hold.revealed_as == masked else "",
        vehicle=_vehicle(row, read),
        alert=_alert(read.complaints, now),
        visit=visit(its_document, read.documents, place) if its_document else None,
        timeline=told(read, place, now),
        script=_script(row, pack, place, actor, its_document),
        questionnaire=_questionnaire(row, pack, draft.answers if draft else {}),
        note=draft.note if draft else "",
        saved_at=draft.saved_at if draft else None,
        revision=draft.revision if draft else "",
        outcomes=_outcomes(row, pack, place, read, _named(its_document, read), now),
        callback=_callback(row, place, pack, now),
        complaint_hint=_complaint_hint(place.pack),
        hold=hold,
        contact=contact,
        quiet=next((one.text for one in contact.reasons if one.code == Reason.QUIET), ""),
        closed=closed,
        others=_others(row, now) if closed else [],
    )


def _number(row: FollowUp, read: Past) -> str:
    """The number to dial; empty when the only one was reported wrong."""
    number = number_to_call(row.customer)
    return "" if number in {item.wrong_value for item in read.tracking} else number


def _customer(row: FollowUp, read: Past, place: StoreFacts, consent: Any, now: datetime) -> CustomerFacts:
    customer = row.customer
    facts = []
    if customer.company:
        facts.append(_("单位客户"))
    today = place.calendar.day_of(now)
    if customer.birthday and (customer.birthday.month, customer.birthday.day) == (today.month, today.day):
        facts.append(_("今天生日"))
    if customer.mobile_state == WRONG:
        facts.append(_("手机待更正"))
    return CustomerFacts(
        id=customer.pk,
        name=customer.name,
        salutation=spoken_name(customer),
        initial=customer.name[:1],
        consent_calls="unknown" if consent is None else "yes" if consent.granted else "no",
        do_not_call=customer.do_not_call,
        owner_since=_bought_on(row, read, customer.pk),
        last_contact=max((one.at for one in read.attempts), default=None),
        other_facts=facts,
    )


def _vehicle(row: FollowUp, read: Past) -> VehicleFacts | None:
    if row.vehicle is None:
        return None
    bought_on = _bought_on(row, read) or row.vehicle.sold_on
    return VehicleFacts(row.vehicle.title, row.vehicle.plate, row.vehicle.vin, bought_on)


def _bought_on(row: FollowUp, read: Past, customer: UUID | None = None) -> Any:
    """When the car was last handed over, to ``customer`` if one is given; None where no delivery of it is on file. The
    first repair of a car bought elsewhere says nothing about since when it is whose."""
    handed_over = [one for one in read.documents if isinstance(one, Delivery) and one.vehicle_id == row.vehicle_id]
    days = [one.delivered_on for one in handed_over if customer in (None, one.customer_id)]
    return max(filter(None, days), default=None)


def _alert(found: list[ComplaintBrief], now: datetime) -> Alert | None:
    recent = [one for one in found if one.registered_at > now - RECENT]
    if not recent:
        return None
    newest = recent[0]
    words = {"days": RECENT.days, "count": len(recent), "title": newest.title, "number": newest.number}
    text = ngettext(
        "%(days)d 天内有 %(count)d 起投诉（%(title)s · %(number)s）。开场请先致歉，并确认问题是否已解决。",
        "%(days)d 天内有 %(count)d 起投诉（最近：%(title)s · %(number)s）。开场请先致歉，并确认问题是否已解决。",
        len(recent),
    )
    return Alert("warn", text % words, newest.id)


def _script(
    row: FollowUp, pack: Pack, place: StoreFacts, actor: Actor, its_document: Delivery | RepairOrder | None
) -> ScriptText | None:
    found = script(row, pack, place, actor.name, its_document)
    if found is None:
        return None
    words, values = found
    return ScriptText(
        title=words.title.get(get_language() or ""),
        text=filled(words.opening, values),
        points=[filled(point, values) for point in words.reminders],
        closing=filled(words.closing, values),
    )


def _questionnaire(row: FollowUp, pack: Pack, answers: dict[str, Any]) -> Sheet | None:
    """The questions of the version that asked for this call."""
    name = pack.rules[row.rule].questionnaire
    if name is None:
        return None
    questionnaire = pack.questionnaires[name]
    questions = shown(pack, questionnaire, answers)
    required = [question for question in questions if question.required]
    return Sheet(
        title=questionnaire.title.get(get_language() or ""),
        version=pack.version,
        questions=questions,
        required=len(required),
        answered=sum(question.answer is not None for question in required),
    )


def _named(its_document: Delivery | RepairOrder | None, read: Past) -> Any:
    """Who will be asked for the right number (as :func:`crm.followups.recording.owner_of` finds them)."""
    orders = [one.advisor for one in read.documents if isinstance(one, RepairOrder) and one.advisor]
    sold = [one.consultant for one in read.documents if isinstance(one, Delivery) and one.consultant]
    own = getattr(its_document, "advisor", None) or getattr(its_document, "consultant", None)
    return own or next(iter(orders + sold), None)


def _outcomes(
    row: FollowUp, pack: Pack, place: StoreFacts, read: Past, owner: Any, now: datetime
) -> list[endings.OutcomeChoice]:
    failed = [(one.follow_up_id, one.number, one.at) for one in read.attempts if one.outcome in FAILED]
    before = in_vain(failed, row.pk, row.attempts + 1)
    since = before.again_from(pack.calling, now)
    return endings.choices(row, pack, before, owner, too_soon(since, pack.calling, place) if since else "")


def _callback(row: FollowUp, place: StoreFacts, pack: Pack, now: datetime) -> Callback:
    quick = [QuickTime(moment, _label(moment, place, now)) for moment in promises.quick(place, pack.calling, now)]
    value = row.promised_at if row.promised_at and row.promised_at > now else next((one.value for one in quick), None)
    return Callback(value=value, min=now, max=now + promises.FURTHEST, quick=quick)


def _label(moment: datetime, place: StoreFacts, now: datetime) -> str:
    """In words of the day; the templates' own clock isn't at hand for a button."""
    local, day = place.calendar.local(moment), place.calendar.day_of(moment)
    words = {"time": f"{local:%H:%M}", "day": f"{day.month}-{day.day}"}
    if day == place.calendar.day_of(now):
        return _("今天 %(time)s") % words
    if day == place.calendar.day_of(now) + timedelta(days=1):
        return _("明天 %(time)s") % words
    return _("%(day)s %(time)s") % words


def _complaint_hint(pack: Pack) -> str:
    minutes = pack.complaints.first_contact_minutes
    if minutes % 60:
        return _("提交后登记投诉单，%(minutes)d 分钟内首次联系") % {"minutes": minutes}
    return _("提交后登记投诉单，%(hours)d 小时内首次联系") % {"hours": minutes // 60}


def _hold(row: FollowUp, actor: Actor, now: datetime) -> HoldFacts:
    hold = getattr(row.customer, "hold", None)
    if hold is None or hold.until <= now:
        return HoldFacts("free", None, None)
    if hold.staff_id != actor.staff_id:
        return HoldFacts("other", hold.staff.name, hold.since)
    return HoldFacts("mine", hold.staff.name, hold.since, hold.revealed_at, hold.revealed_as)


def _closed(row: FollowUp, mine: list[Attempt], read: Past) -> endings.Closed | None:
    """How it ended; a call that waits for a right number is closed until there is one."""
    waiting = row.state == State.OPEN and row.attempts and not _number(row, read)
    if row.state == State.OPEN and not waiting:
        return None
    response = of_follow_up(row.pk) if row.state in (State.COMPLETED, State.GIVEN_UP) else None
    answers = in_words(response) if response else []
    return endings.closed(row, mine, read, answers)


def _contact(
    row: FollowUp, actor: Actor, read: Past, place: StoreFacts, pack: Pack, word: Any, now: datetime
) -> Contact:
    """As :func:`crm.followups.contacts.of_call` finds it, from what the page has read anyway."""
    hold = getattr(row.customer, "hold", None)
    elsewhere = hold if hold is not None and hold.staff_id != actor.staff_id else None
    about = row.trigger if row.trigger_kind in DOCUMENTS else None
    theirs = [one for one in read.documents if one.customer_id == row.customer_id or str(one.pk) == about]
    served = {one.consultant_id if isinstance(one, Delivery) else one.advisor_id for one in theirs}
    through = [one for one in read.attempts if one.outcome in CONNECTED and one.at <= now]  # newest first
    facts = ContactFacts(
        do_not_call=row.customer.do_not_call,
        refused_at=word.at if word and not word.granted else None,
        number=bool(_number(row, read)),
        served=actor.staff_id in served,
        holder=elsewhere.staff.name if elsewhere else "",
        held_since=elsewhere.since if elsewhere else None,
        held_until=elsewhere.until if elsewhere else None,
        connected=through[0].at if through else None,
        promised=next((one.promised_at for one in through if one.follow_up_id == row.pk), None),
        complaint=row.trigger_kind == TriggerKind.COMPLAINT,
    )
    rules = contact_rules(pack.calling, place)
    return explained(decide(Channel(row.channel), facts, rules, now), rules, now)


def _others(row: FollowUp, now: datetime) -> list[OtherCall]:
    """So that a finished call is no dead end. What isn't to be done yet is left out."""
    packs = Packs()
    rows = FollowUp.objects.filter(customer=row.customer_id, channel=row.channel, opens__lte=now).exclude(pk=row.pk)
    return [
        OtherCall(one.pk, title(one, packs.of(one)), State(one.state).label, one.ended_at or one.due)
        for one in rows.exclude(state=State.WITHDRAWN).order_by("-due")[:OTHERS]
    ]

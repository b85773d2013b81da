"""Looking at a number, and the wrong-information loop 客户信息跟踪 (handbook §2)."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from crm.customers import policy
from crm.customers.editing import edit as edit
from crm.customers.intake import match_persons as match_persons
from crm.customers.intake import news_of_persons as news_of_persons
from crm.customers.intake import plain_name as plain_name
from crm.customers.intake import take_in_persons as take_in_persons
from crm.customers.intake import wrong_again as wrong_again
from crm.customers.models import Customer, MobileState, TrackingItem
from crm.customers.numbers import has_dialled, is_wrong, number_to_dial
from crm.customers.wishes import record_word as record_word
from crm.customers.wishes import refuse_by_reply as refuse_by_reply
from sanfang.audit.actions import record_access, record_event
from sanfang.audit.models import Event, History
from sanfang.kernel.errors import Conflict, DomainError
from sanfang.kernel.permissions import Actor
from sanfang.messaging.numbers import MOBILE, is_placeholder
from sanfang.tenancy.models import Staff

if TYPE_CHECKING:
    from crm.vehicles.queries import Vehicle

State, Field = TrackingItem.State, TrackingItem.Field


@transaction.atomic
def reveal_mobile(
    actor: Actor,
    customer: Customer,
    *,
    now: datetime,
    reason: str = "",
    address: str | None = None,
    verb: str = "reveal",
) -> str:
    """The number to dial, in clear. That ``actor`` saw it is written down first, so none is seen unrecorded.

    ``verb``: what it is needed for, of the policy's.
    """
    policy.customers.require(actor, verb)
    number = number_to_dial(customer)
    if not number:
        raise DomainError(_("该客户没有可拨打的号码，请先登记客户信息跟踪。"), code="no_number")
    what = "mobile" if number == customer.mobile else "landline"
    record_access(actor, customer, what, now, reason=reason[:200], address=address)
    return number


@transaction.atomic
def report_wrong(
    actor: Actor,
    customer: Customer,
    *,
    field: str,
    note: str,
    owner: Staff | None,
    now: datetime,
    vehicle: "Vehicle | None" = None,
) -> TrackingItem:
    """A callback found wrong data: an item for ``owner`` in sales or service. A wrong mobile is dialled no more.

    Reporting the same wrong value again gives the same item, opened once more if it was done with. If the value
    is itself a correction waiting to be verified, that correction is rejected.
    """
    policy.customers.require(actor, "report")
    if field not in Field.values:
        raise DomainError(_("请选择哪一项信息有误。"), code="unknown_field", field="field")
    wrong = _value_of(customer, field, note)
    if not wrong:
        raise DomainError(
            _("该客户没有电话号码，请选择“其他”并写明需要补充的信息。"), code="nothing_wrong", field="field"
        )
    _reject_correction(actor, customer, field, wrong, now)
    item, made = TrackingItem.objects.get_or_create(
        customer=customer,
        field=field,
        wrong_value=wrong,
        defaults={
            "note": note[:300],
            "found_by_id": actor.staff_id,
            "found_at": now,
            "owner": owner,
            "vehicle": vehicle,
        },
    )
    if not made:
        _open_again(item, actor=actor, owner=owner, note=note, now=now)
    if field == Field.MOBILE:
        Customer.objects.filter(pk=customer.pk, mobile=wrong).update(mobile_state=MobileState.WRONG)
        customer.refresh_from_db(fields=["mobile", "mobile_state"])
    record_event(actor, item, "tracking.reported", now, field=field, note=item.note)
    return item


def take_back_report(actor: Actor, key: UUID, *, at: datetime, now: datetime) -> None:
    """The report made ``at`` that moment was a slip: the item goes, and the number is again what it was held for.

    Part of the caller's transaction. Raises :class:`Conflict` where somebody has gone on with it, or where the same
    value had been reported before, for then the item isn't this report's alone.
    """
    item = TrackingItem.objects.select_for_update().select_related("customer").get(pk=key)
    told = Event.objects.filter(object=item.pk, kind="tracking.reported").count()
    if item.state != State.OPEN or item.found_at != at or told > 1:
        raise Conflict(_("客户信息跟踪已有后续处理，不能撤销。"), code="gone_on")
    if item.field == Field.MOBILE and item.customer.mobile == item.wrong_value:
        Customer.objects.filter(pk=item.customer_id).update(mobile_state=_held_for_before(item))
    record_event(actor, item, "tracking.taken_back", now, field=item.field)
    item.delete()


def _held_for_before(item: TrackingItem) -> str:
    """What the number counted as before it was marked wrong: the history knows."""
    marked = History.objects.filter(
        object=item.customer_id, change="~", at__gte=item.found_at, after__mobile_state=MobileState.WRONG
    ).order_by("-id")
    newest = marked.first()
    known = (newest.before or {}).get("mobile_state") if newest else None
    return str(known or MobileState.UNVERIFIED)


@transaction.atomic
def correct(actor: Actor, item: TrackingItem, *, value: str, now: datetime) -> TrackingItem:
    """The owner put it right: ``value`` goes into the file, and the CRC is to verify it.

    A value once reported wrong for this customer is refused.
    """
    policy.tracking.require_for(actor, item, "correct")
    value = _checked(item, value)
    moved = TrackingItem.objects.filter(pk=item.pk, state=State.OPEN).update(
        state=State.CORRECTED, corrected_value=value, corrected_at=now
    )
    if not moved:
        raise Conflict(_("该跟踪已更正，请刷新页面查看。"), code="not_open")
    if item.field == Field.MOBILE:
        Customer.objects.filter(pk=item.customer_id).update(mobile=value, mobile_state=MobileState.UNVERIFIED)
    elif item.field == Field.NAME:
        Customer.objects.filter(pk=item.customer_id).update(name=value)
    record_event(actor, item, "tracking.corrected", now, field=item.field)
    item.refresh_from_db()
    return item


def call_back(actor: Actor, item: TrackingItem, *, now: datetime, address: str | None = None) -> str:
    """The number to verify a correction on, in clear; the look is written down and is what :func:`verify` asks for."""
    policy.tracking.require_for(actor, item, "verify")
    return reveal_mobile(actor, item.customer, now=now, reason="tracking", address=address)


@transaction.atomic
def verify(actor: Actor, item: TrackingItem, *, now: datetime) -> TrackingItem:
    """The CRC reached the customer and found the corrected value right.

    Whoever says so has called: they looked up the customer's number since it was corrected.
    """
    policy.tracking.require_for(actor, item, "verify")
    item.refresh_from_db()
    if item.state == State.CORRECTED and not has_dialled(actor, item):
        raise DomainError(_("请先拨打客户电话，核实以后再登记。"), code="not_dialled")
    moved = TrackingItem.objects.filter(pk=item.pk, state=State.CORRECTED).update(state=State.VERIFIED, verified_at=now)
    if not moved:
        raise Conflict(_("该跟踪还没有更正，或已经核实，请刷新页面查看。"), code="not_corrected")
    item.refresh_from_db()
    if item.field == Field.MOBILE:
        unchanged = Customer.objects.filter(pk=item.customer_id, mobile=item.corrected_value)
        if not unchanged.update(mobile_state=MobileState.VERIFIED):
            raise Conflict(_("更正之后手机号又有变动，请先核对客户档案。"), code="changed_since")
    record_event(actor, item, "tracking.verified", now, field=item.field)
    return item


def _value_of(customer: Customer, field: str, note: str) -> str:
    """What the file says now, which is what was found wrong."""
    if field == Field.MOBILE:
        return number_to_dial(customer) or customer.mobile or customer.landline
    if field == Field.OTHER:
        return note.strip()[:120]
    return customer.name


def _checked(item: TrackingItem, value: str) -> str:
    value = value.strip()
    if item.field == Field.MOBILE:
        value = "".join(sign for sign in value if sign not in " -")
        if not MOBILE.fullmatch(value):
            raise DomainError(_("请输入 11 位手机号。"), code="not_a_mobile", field="value")
        if is_placeholder(value):
            raise DomainError(_("这是占位号码，不是客户的号码，请向客户核实。"), code="placeholder", field="value")
        if is_wrong(item.customer_id, value):
            raise DomainError(_("该号码已确认不是这位客户的，请换一个号码。"), code="known_wrong", field="value")
    if not value:
        raise DomainError(_("请输入更正后的内容。"), code="empty", field="value")
    if len(value) > 120:
        raise DomainError(_("更正内容不能超过 120 个字。"), code="too_long", field="value")
    if value == item.wrong_value:
        raise DomainError(_("更正后的内容与原来的错误信息相同，请核对。"), code="known_wrong", field="value")
    return value


def _reject_correction(actor: Actor, customer: Customer, field: str, wrong: str, now: datetime) -> None:
    waiting = TrackingItem.objects.filter(customer=customer, field=field, corrected_value=wrong, state=State.CORRECTED)
    for item in waiting:
        if TrackingItem.objects.filter(pk=item.pk, state=State.CORRECTED).update(state=State.REJECTED):
            record_event(actor, item, "tracking.rejected", now, field=field)


def _open_again(item: TrackingItem, *, actor: Actor, owner: Staff | None, note: str, now: datetime) -> None:
    """An item that was done with, and whose wrong value is back, starts afresh; an open one stays as it is."""
    opened = (
        TrackingItem.objects.filter(pk=item.pk)
        .exclude(state=State.OPEN)
        .update(
            state=State.OPEN,
            note=note[:300],
            found_by_id=actor.staff_id,
            found_at=now,
            owner=owner or item.owner,
            corrected_value="",
            corrected_at=None,
            verified_at=None,
        )
    )
    if opened:
        item.refresh_from_db()

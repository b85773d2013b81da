"""What a specialist may put right in a customer's file at once. Name and numbers are protected: a wrong one goes its
way of reporting, correcting and verifying (:func:`crm.customers.actions.report_wrong`)."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.customers import policy
from crm.customers.models import Customer, Gender
from sanfang.audit.actions import record_event
from sanfang.kernel.errors import Conflict, DomainError
from sanfang.kernel.permissions import Actor

EARLIEST_BIRTHDAY = date(1900, 1, 1)


def _text(field: str, text: str, now: datetime) -> str:
    longest: int = getattr(Customer._meta.get_field(field), "max_length", 0)
    if len(text) > longest:
        raise DomainError(_("内容不能超过 %(most)d 个字。") % {"most": longest}, code="too_long", field="value")
    return text


def _gender(field: str, text: str, now: datetime) -> str:
    if text not in Gender.values:
        raise DomainError(_("请选择性别。"), code="unknown_gender", field="value")
    return text


def _birthday(field: str, text: str, now: datetime) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not EARLIEST_BIRTHDAY <= day <= now.date():
        raise DomainError(_("请输入正确的生日，例如 1985-06-18。"), code="not_a_birthday", field="value")
    return day


EDITABLE: dict[str, Callable[[str, str, datetime], Any]] = {
    "form_of_address": _text,
    "gender": _gender,
    "birthday": _birthday,
    "address": _text,
}


@transaction.atomic
def edit(actor: Actor, customer: Customer, *, field: str, value: str, seen: str, now: datetime) -> Customer:
    """``value`` is what ``field`` says from now on. ``seen``: what it said where the person edited it; a colleague who
    was quicker is never overwritten (:class:`Conflict`). The history keeps who and when, old and new."""
    policy.customers.require(actor, "edit")
    if field not in EDITABLE:
        raise DomainError(_("这一项不能直接修改，请登记客户信息跟踪。"), code="protected", field="value")
    fresh = EDITABLE[field](field, value.strip(), now)
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    before = getattr(customer, field)
    if as_text(before) == as_text(fresh):
        return customer
    if as_text(before) != seen.strip():
        raise Conflict(
            _("这一项刚被他人改为“%(now)s”，请核对后再改。") % {"now": as_text(before) or _("（空）")},
            code="changed_meanwhile",
        )
    setattr(customer, field, fresh)
    customer.save(update_fields=[field, "updated_at"])
    record_event(actor, customer, "customer.edited", now, field=field)
    return customer


def as_text(value: Any) -> str:
    """As a form sends it."""
    return value.isoformat() if isinstance(value, date) else str(value or "")

"""Who changed what in a customer's file: the history, in words. Numbers stay masked in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.customers.queries import Customer, masked_mobile
from sanfang.audit.queries import History, changes_of
from sanfang.tenancy.models import Staff

MASKED = {"mobile", "landline"}
SAID = (
    "name",
    "form_of_address",
    "company",
    "gender",
    "birthday",
    "mobile",
    "mobile_state",
    "landline",
    "address",
    "do_not_call",
    "number",
)
"""What people ask about; the rest of a row is ours."""
MOBILE_STATE: Any = gettext_lazy("手机状态")


@dataclass(frozen=True, slots=True)
class Change:
    at: datetime
    who: str
    label: Any
    before: str
    after: str


def change_rows(customer_id: Any, *, limit: int) -> QuerySet[History]:
    """To be read together with others; ``who`` is the name of whoever did it, None for the machine."""
    name = Staff.objects.filter(pk=OuterRef("actor")).values("name")
    return changes_of(customer_id, Customer._meta.db_table)[:limit].annotate(who=Subquery(name))


def changes(rows: list[Any]) -> list[Change]:
    """One line for each field that changed, the newest first."""
    told = []
    for row in rows:
        before, after = row.before or {}, row.after or {}
        for field in SAID:
            if field in before or field in after:
                told.append(
                    Change(
                        at=row.at,
                        who=row.who or _("系统（文件导入）"),
                        label=_label(field),
                        before=_shown(field, before.get(field)),
                        after=_shown(field, after.get(field)),
                    )
                )
    return told


def _label(field: str) -> Any:
    return MOBILE_STATE if field == "mobile_state" else getattr(Customer._meta.get_field(field), "verbose_name", field)


def _shown(field: str, value: Any) -> str:
    if value in (None, ""):
        return "–"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if field in MASKED:
        return masked_mobile(str(value))
    choices = dict(getattr(Customer._meta.get_field(field), "flatchoices", ()))
    return str(choices.get(value, value))

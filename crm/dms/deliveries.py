"""A row of a sales ledger as a delivery."""

from __future__ import annotations

from django.utils.translation import gettext as _

from .orders import is_cancelled, is_internal
from .records import DeliveryRow
from .rows import RowReader

# Texts that go into the record as they stand, and texts that only decide something.
_COPIED_WORDS = frozenset(
    {
        "customer_number", "brand", "series", "model", "trim", "colour", "engine_number", "team", "payment",
        "lead_source", "state",
    }
)  # fmt: skip
WORDS = _COPIED_WORDS | {"business", "customer_kind"}


def read_delivery(row: RowReader) -> DeliveryRow:
    """The delivery; the row's faults, if any, are in `row.faults` and make it worthless.

    The day is the one the car was really handed over (handbook §3). 开票, 出库 and 预定 never
    stand in for it: an empty 交车日期 means not yet.
    """
    number = row.number()
    words = row.all_words()
    business = words.get("business", "")
    price = row.money("price")
    red = price is not None and price < 0
    if red:
        row.warn("price", _("开票价格为负，按红冲处理：该销售单视为作废，不产生回访"))
    cancelled = red or is_cancelled(words.get("state", ""), business)
    internal = is_internal(business, "")
    if cancelled:
        row.forgive()
    vin = row.vin()
    delivered = row.day("delivered")
    row.warn_if_later("delivered", delivered)
    name = row.name("customer_name", words.get("customer_kind", ""))
    phones = row.phones("mobile", "landline")
    if not (cancelled or internal):
        if not name.text:
            row.fault("customer_name", _("缺少客户名称，请补上"))
        if not (phones.mobile or phones.landline or row.faults):
            row.warn("mobile", _("没有电话，无法回访该客户，请补上"))
    return DeliveryRow(
        line=row.line,
        number=number,
        cancelled=cancelled,
        internal=internal,
        delivered=delivered,
        ordered=row.day("ordered", informative=True),
        invoiced=row.day("invoiced", informative=True),
        promised=row.day("promised", informative=True),
        left_stock=row.day("left_stock", informative=True),
        customer_name=name.text,
        form_of_address=name.form,
        company=name.company,
        gender=row.gender() or name.gender,
        mobile=phones.mobile,
        landline=phones.landline,
        address=row.address(),
        vin=vin,
        plate=row.plate(),
        consultant=row.staff_name("consultant"),
        price=price,
        insurance_expiry=row.day("insurance_expiry", informative=True),
        remark=row.text("remark"),
        **{field: words[field] for field in _COPIED_WORDS if field in words},
    )

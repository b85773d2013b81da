"""A row of a repair-order export as an order, and the rows of one order as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from django.utils.translation import gettext as _

from .orders import KIND_PRECEDENCE, is_cancelled, is_internal, order_kind
from .records import RepairOrderRow
from .rows import RowReader

# What may differ between rows that are parts of one order; everything else is its head.
PART_FIELDS = frozenset(
    {
        "work_item", "amount", "payer", "claim", "insurer", "technician", "repair_type", "order_type",
        "fault_description", "settlement_number", "settled", "waiting_for_parts", "warranty_state",
        "remark", "remark_more",
    }
)  # fmt: skip
# What makes a row another part; rows of one head that agree in these are the same part twice.
IDENTIFYING_PART_FIELDS = ("work_item", "payer", "claim", "insurer")

# Texts that go into the record as they stand, and texts that only decide something.
_COPIED_WORDS = frozenset(
    {"dealer", "settlement_number", "customer_number", "brand", "series", "model", "warranty_state", "insurer", "state"}
)  # fmt: skip
_JUDGED_WORDS = frozenset({"repair_type", "order_type", "customer_kind", "work_item"})
WORDS = _COPIED_WORDS | _JUDGED_WORDS


def read_repair_order(row: RowReader) -> RepairOrderRow:
    """The order as far as this row tells it; the row's faults are in `row.faults`.

    The car left when it was handed back. 结算时间 stands in only in a file without any leaving
    date column; in a file with one, an empty cell means the car is still in the shop.
    """
    number = row.number()
    words = row.all_words()
    repair_type, order_type = words.get("repair_type", ""), words.get("order_type", "")
    cancelled = is_cancelled(words.get("state", ""), order_type)
    if cancelled:
        row.forgive()
    name = row.name("customer_name", words.get("customer_kind", ""))
    dealer = words.get("dealer", "")
    internal = is_internal(repair_type, order_type) or (bool(dealer) and name.text == dealer)
    vin = row.vin()
    opened = row.moment("opened")
    settled = row.moment("settled", informative=row.has_column("closed"))
    closed = row.moment("closed") if row.has_column("closed") else settled
    leaving_field = "closed" if row.has_column("closed") else "settled"
    if opened is None:
        if not any(fault.column == row.columns.header_of("opened") for fault in row.faults):
            row.fault("opened", _("缺少开单日期，请补上"))
    else:
        row.warn_if_later("opened", opened[0].date())
    left, has_time = _left(row, leaving_field, opened, closed)
    phones = row.phones("mobile", "landline")
    sender = row.phones("sender_mobile", "sender_landline")
    mileage = row.mileage("mileage")
    mileage_out = row.mileage("mileage_out")
    if not (cancelled or internal or name.text or phones.mobile or phones.landline or row.faults):
        row.warn("customer_name", _("没有车主姓名和电话，按该车已知的车主处理"))
    return RepairOrderRow(
        line=row.line,
        number=number,
        kind=order_kind(repair_type, order_type),
        cancelled=cancelled,
        internal=internal,
        opened=opened[0] if opened else None,
        closed=left,
        closed_has_time=has_time,
        promised=_moment(row, "promised"),
        finished=_moment(row, "finished"),
        settled=settled[0] if settled else None,
        mileage=mileage if mileage is not None else mileage_out,
        mileage_out=mileage_out,
        advisor=row.staff_name("advisor"),
        technician=row.staff_name("technician"),
        customer_name=name.text,
        form_of_address=name.form,
        company=name.company,
        gender=row.gender() or name.gender,
        mobile=phones.mobile,
        landline=phones.landline,
        address=row.address(),
        sender_name=row.staff_name("sender_name"),
        sender_mobile=sender.mobile,
        sender_landline=sender.landline,
        vin=vin,
        plate=row.plate(),
        sold=row.day("sold", informative=True),
        fault_description=row.text("fault_description"),
        work_items=(words["work_item"],) if "work_item" in words else (),
        amount=row.money("amount"),
        claim=row.yes_no("claim"),
        waiting_for_parts=row.yes_no("waiting_for_parts"),
        last_service=row.day("last_service", informative=True),
        next_service=row.day("next_service"),
        next_service_mileage=row.mileage("next_service_mileage"),
        remark=_joined((row.text("remark"), row.text("remark_more")), "\n"),
        **{field: words[field] for field in _COPIED_WORDS if field in words},
    )


def _moment(row: RowReader, field: str) -> datetime | None:
    parsed = row.moment(field, informative=True)
    return parsed[0] if parsed else None


def _left(
    row: RowReader,
    field: str,
    opened: tuple[datetime, bool] | None,
    closed: tuple[datetime, bool] | None,
) -> tuple[datetime | None, bool]:
    """When the car left and whether the time is known; never before it came.

    A day without a time is that day's midnight; on the day of opening it is the opening moment,
    so that an order replayed in time order doesn't end before it begins.
    """
    if closed is None:
        return None, False
    moment, has_time = closed
    row.warn_if_later(field, moment.date())
    if opened is not None and moment < opened[0]:
        same_day = moment.date() == opened[0].date()
        if same_day and not has_time:
            return opened[0], False
        row.fault(
            field,
            _("离厂时间 %(closed)s 早于开单时间 %(opened)s，请更正其中之一")
            % {"closed": moment.isoformat(" "), "opened": opened[0].isoformat(" ")},
        )
    return moment, has_time


def merge_parts(parts: Sequence[RepairOrderRow]) -> RepairOrderRow:
    """The parts of one order (items; own pay, claim, insurance) as the order.

    Amounts add up; the kind is the one that matters most for the next call. Where no leaving
    date column exists the car left with the first settlement: the insurer's comes weeks later.
    """
    last = parts[-1]
    if len(parts) == 1:
        return last
    amounts = [part.amount for part in parts if part.amount is not None]
    claims = [part.claim for part in parts if part.claim is not None]
    waiting = [part.waiting_for_parts for part in parts if part.waiting_for_parts is not None]
    first_left = min(
        (part for part in parts if part.closed is not None),
        key=attrgetter("closed"),
        default=last,
    )
    return replace(
        last,
        kind=min((part.kind for part in parts), key=KIND_PRECEDENCE.index),
        internal=all(part.internal for part in parts),
        closed=first_left.closed,
        closed_has_time=first_left.closed_has_time,
        settled=min((part.settled for part in parts if part.settled), default=None),
        settlement_number=_joined((part.settlement_number for part in parts), "、"),
        technician=_joined((part.technician for part in parts), "、"),
        fault_description=_joined((part.fault_description for part in parts), "\n"),
        work_items=tuple(dict.fromkeys(item for part in parts for item in part.work_items)),
        amount=sum(amounts[1:], amounts[0]) if amounts else None,
        claim=any(claims) if claims else None,
        warranty_state=_joined((part.warranty_state for part in parts), "、"),
        waiting_for_parts=any(waiting) if waiting else None,
        insurer=_joined((part.insurer for part in parts), "、"),
        remark=_joined((part.remark for part in parts), "\n"),
    )


def _joined(texts: Iterable[str], between: str) -> str:
    return between.join(dict.fromkeys(text for text in texts if text))

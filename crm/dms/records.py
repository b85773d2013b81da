"""What the reading half hands on: faults, the kinds of records, and documents.

Texts are "" when empty, never None; dates and numbers are None when empty. Moments are naive:
the store's own clock (follow-ups, "Time": a datetime without an offset is the store's).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell, and what to do. Warnings have the same form.

    `line` is the physical line of the file (in a workbook the sheet's row), `column` the header
    as written; "" when it concerns the row as a whole.
    """

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What reading a file needs to know of the store it is for.

    zone: dates with an offset are turned into it. today: later dates of things that happened
    are warned about. staff_mobiles: numbers of advisors and consultants, often typed in where
    the customer's should stand.
    """

    zone: ZoneInfo
    today: date
    staff_mobiles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One car handed over, or sold and still to be handed over (`delivered` None).

    cancelled: the sale was taken back (作废, 退车 …): a stored delivery of this number no longer
    stands; of such a row only the number is sure to be there.
    internal: the dealership's own car, no customer to call. state: the DMS's own word for it.
    """

    line: int
    number: str
    cancelled: bool = False
    internal: bool = False
    delivered: date | None = None
    ordered: date | None = None
    invoiced: date | None = None
    promised: date | None = None
    left_stock: date | None = None
    customer_number: str = ""
    customer_name: str = ""
    form_of_address: str = ""
    company: bool = False
    gender: str = ""
    mobile: str = ""
    landline: str = ""
    address: str = ""
    vin: str = ""
    plate: str = ""
    brand: str = ""
    series: str = ""
    model: str = ""
    trim: str = ""
    colour: str = ""
    engine_number: str = ""
    consultant: str = ""
    team: str = ""
    payment: str = ""
    price: Decimal | None = None
    insurance_expiry: date | None = None
    lead_source: str = ""
    state: str = ""
    remark: str = ""


# Not frozen: nobody changes one, but freezing would cost a thirtieth of all reading (5.4 instead of 1.5 µs a row).
@dataclass(slots=True, kw_only=True)
class RepairOrderRow:
    """One visit to the shop; `closed` None while the car is still in it.

    kind: repair | service | first_service | warranty. mileage in km.
    closed_has_time: False when the file gave a day only; `closed` is then that day's midnight,
    or `opened` on the day of opening, so that it never lies before it.
    cancelled: the order was taken back (作废, 红冲, or its amounts sum up below zero).
    internal: PDI, test-drive and other cars of the dealership itself.
    claim: paid by the maker. work_items and amount are of all rows of the order.
    """

    line: int
    number: str
    kind: str = "repair"
    cancelled: bool = False
    internal: bool = False
    dealer: str = ""
    opened: datetime | None = None
    closed: datetime | None = None
    closed_has_time: bool = False
    promised: datetime | None = None
    finished: datetime | None = None
    settled: datetime | None = None
    settlement_number: str = ""
    mileage: int | None = None
    mileage_out: int | None = None
    advisor: str = ""
    technician: str = ""
    customer_number: str = ""
    customer_name: str = ""
    form_of_address: str = ""
    company: bool = False
    gender: str = ""
    mobile: str = ""
    landline: str = ""
    address: str = ""
    sender_name: str = ""
    sender_mobile: str = ""
    sender_landline: str = ""
    vin: str = ""
    plate: str = ""
    brand: str = ""
    series: str = ""
    model: str = ""
    sold: date | None = None
    fault_description: str = ""
    work_items: tuple[str, ...] = ()
    amount: Decimal | None = None
    claim: bool | None = None
    warranty_state: str = ""
    waiting_for_parts: bool | None = None
    insurer: str = ""
    last_service: date | None = None
    next_service: date | None = None
    next_service_mileage: int | None = None
    state: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRow:
    """A row of a list: somebody lost to a rival, staying away, or met in the street.

    day: when that was; None where a list has no day of its own. last_visit, mileage: of the car's last visit.
    met: when a lost lead first came. number is the file's, else made up from the rest (:mod:`crm.dms.lists`).
    """

    line: int
    kind: str
    number: str
    cancelled: bool = False
    internal: bool = False
    day: date | None = None
    met: date | None = None
    last_visit: date | None = None
    next_service: date | None = None
    mileage: int | None = None
    staff: str = ""
    customer_number: str = ""
    customer_name: str = ""
    form_of_address: str = ""
    company: bool = False
    gender: str = ""
    mobile: str = ""
    landline: str = ""
    address: str = ""
    vin: str = ""
    plate: str = ""
    brand: str = ""
    series: str = ""
    model: str = ""
    wanted_model: str = ""
    level: str = ""
    reason: str = ""
    rival: str = ""
    lead_source: str = ""
    lost_days: str = ""
    place: str = ""
    state: str = ""
    remark: str = ""


Record: TypeAlias = DeliveryRow | RepairOrderRow | LeadRow


@dataclass(frozen=True, slots=True)
class Document:
    """Everything the file says under one document number.

    `lines` are all its data rows, superseded ones too: each counts, all share the fate. `record`
    is None exactly when there are faults.
    """

    number: str
    lines: tuple[int, ...]
    record: Record | None
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = field(default=())

    def reasons(self) -> list[tuple[int, str]]:
        """For the error file: each line of a faulty document with what to correct there."""
        if not self.faults:
            return []
        reasons: list[tuple[int, str]] = []
        for line in self.lines:
            own = [
                f"{fault.column}：{fault.reason}" if fault.column else fault.reason
                for fault in self.faults
                if fault.line == line
            ]
            reasons.append((line, "；".join(own) if own else self._because_of_others()))
        return reasons

    def _because_of_others(self) -> str:
        lines = sorted({fault.line for fault in self.faults})
        return _("同一单据的第 %(lines)s 行有误，整单未导入；更正后请连同本行一起导入") % {
            "lines": "、".join(map(str, lines))
        }

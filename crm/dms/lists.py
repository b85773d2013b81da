"""A row of a lost-lead, lost or canvassing list (handbook §2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256

from django.utils.translation import gettext as _

from .cells import Cell, text_of
from .errors import BadValue
from .fields import ListKind
from .orders import is_cancelled
from .persons import plain_name
from .records import LeadRow
from .rows import RowReader
from .vin import parse_vin

# Texts that go into the record as they stand, and texts that only decide something.
_COPIED_WORDS = frozenset(
    {"customer_number", "brand", "series", "model", "wanted_model", "level", "reason", "rival", "lead_source", "state",
     "place", "lost_days"}
)  # fmt: skip
WORDS = _COPIED_WORDS | {"customer_kind"}

MADE_UP = "~"
"""Begins a number that no file gave. No DMS's own begins so."""


def read_lead(row: RowReader, kind: ListKind) -> LeadRow:
    """The row; its faults, if any, are in `row.faults` and make it worthless.

    A lost lead needs its day, because the weekly draw takes those of a month. A list without a day asks for its
    calls from the day on which it was first imported.
    """
    words = row.all_words()
    cancelled = is_cancelled(words.get("state", ""))
    if cancelled:
        row.forgive()
    name = row.name("customer_name", words.get("customer_kind", ""))
    phones = row.phones("mobile", "landline")
    plate = row.plate()
    vin = _vin(row, known_otherwise=bool(plate or phones.mobile or phones.landline))
    if not (phones.mobile or phones.landline or vin or plate or row.faults):
        row.fault("mobile", _("缺少电话，也没有 VIN 或车牌号，找不到这位客户，请补上"))
    day = row.day("day")
    if day is None and kind == "lost_leads" and not any(f.column == row.columns.header_of("day") for f in row.faults):
        row.fault("day", _("缺少战败日期，请补上"))
    row.warn_if_later("day", day)
    last_visit = row.day("last_visit", informative=True)
    phone = phones.mobile or phones.landline
    return LeadRow(
        line=row.line,
        kind=kind,
        number=row.words("number") or _made_up(name.text, phone, vin or plate, day or last_visit),
        cancelled=cancelled,
        internal=False,
        day=day,
        met=row.day("met", informative=True),
        last_visit=last_visit,
        next_service=row.day("next_service", informative=True),
        mileage=row.mileage("mileage"),
        staff=row.staff_name("staff"),
        customer_name=name.text,
        form_of_address=name.form,
        company=name.company,
        gender=row.gender() or name.gender,
        mobile=phones.mobile,
        landline=phones.landline,
        address=row.address(),
        vin=vin,
        plate=plate,
        remark=row.text("remark"),
        **{field: words[field] for field in _COPIED_WORDS if field in words},
    )


def _vin(row: RowReader, *, known_otherwise: bool) -> str:
    """Many a list has only the last eight: no fault where the customer can be found without."""
    text = row.text("vin")
    if not text:
        return ""
    try:
        return parse_vin(text, lambda reason: row.warn("vin", reason))
    except BadValue as bad:
        if known_otherwise:
            row.warn("vin", _("%(reason)s（按未填处理）") % {"reason": str(bad)})
        else:
            row.fault("vin", str(bad))
        return ""


def _made_up(name: str, phone: str, car: str, day: date | None) -> str:
    """What a row without a number of its own is known by the next time: who, which car, which day.

    Without a day of its own a row of a lost list has that of the last visit, so that somebody who came and was lost
    again is a new row.
    """
    said = "|".join((plain_name(name).lower(), phone, car, day.isoformat() if day else ""))
    return MADE_UP + sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def names_somebody(cells: Sequence[Cell], positions: Mapping[str, int]) -> bool:
    """Whether a row of a list says whom it is about; what doesn't may be a title, a total or a footer."""
    places = [positions[field] for field in ("mobile", "landline", "vin", "plate") if field in positions]
    return any(place < len(cells) and text_of(cells[place]) for place in places)

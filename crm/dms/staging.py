"""Lays a file's documents out in the staging tables (COPY), so that they can be compared set-wise."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from crm.dms.columns import Columns
from crm.dms.models import StagedDocument, StagedPerson
from crm.dms.persons import Persons
from crm.dms.progress import Watch
from crm.dms.records import DeliveryRow, Document, Fault, RepairOrderRow

BATCH = 5_000
"""Documents between two looks at whether the import is still wanted."""
LONGEST = {
    "number": 60, "staff_name": 60, "customer_number": 40, "name": 120, "form_of_address": 10, "landline": 40,
    "address": 300, "plate": 12, "brand": 60, "series": 60, "model": 120, "colour": 40, "engine_number": 40,
    "remark": 500, "technician": 60, "sender_name": 120, "sender_mobile": 11, "fault": 1000,
}  # fmt: skip
"""How long a text may be in the table it goes to."""

COLUMNS = [str(column.column) for column in StagedDocument._meta.fields]
_PLACE = {name: place for place, name in enumerate(COLUMNS)}
_BLANK: dict[str, Any] = {
    str(column.column): "" if column.get_internal_type() == "TextField" else None
    for column in StagedDocument._meta.fields
} | {"details": "{}", "work_items": "[]", "person": 0}
_BLANK_ROW = [_BLANK[name] for name in COLUMNS]

_SHARED = {
    name: name
    for name in (
        "number", "cancelled", "internal", "customer_number", "form_of_address", "company", "gender", "mobile",
        "landline", "address", "vin", "plate", "brand", "series", "model", "remark",
    )
} | {"name": "customer_name"}  # fmt: skip
_OF_DELIVERY = _SHARED | {
    "staff_name": "consultant", "colour": "colour", "engine_number": "engine_number", "sold_on": "delivered",
    "insurance_until": "insurance_expiry", "delivered_on": "delivered", "ordered_on": "ordered",
    "invoiced_on": "invoiced", "price": "price",
}  # fmt: skip
_OF_ORDER = _SHARED | {
    "staff_name": "advisor", "sold_on": "sold", "next_service_on": "next_service",
    "next_service_km": "next_service_mileage", "kind": "kind", "mileage": "mileage", "technician": "technician",
    "sender_name": "sender_name", "sender_mobile": "sender_mobile", "fault": "fault_description",
    "amount": "amount", "claim": "claim",
}  # fmt: skip
_DELIVERY_DETAILS = ("promised", "left_stock", "trim", "team", "payment", "lead_source", "state")
_ORDER_DETAILS = (
    "dealer", "finished", "settled", "settlement_number", "warranty_state", "waiting_for_parts", "insurer",
    "last_service", "sender_landline", "mileage_out", "state",
)  # fmt: skip


@dataclass(slots=True)
class Staged:
    """What reading the file gave. ``reasons``: every line of a faulty document with what to correct there."""

    rows: int = 0
    documents: int = 0
    faulty: int = 0
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    reasons: list[tuple[int, str]] = field(default_factory=list)


def stage(documents: Iterable[Document], zone: ZoneInfo, columns: Columns, watch: Watch) -> Staged:
    """Fills the empty staging tables. ``columns``: of the file, for what is said about it."""
    staged = Staged()
    persons = Persons()
    rows = _rows(documents, zone, columns, persons, staged)
    statement = f"COPY {StagedDocument._meta.db_table} ({', '.join(COLUMNS)}) FROM STDIN"
    more = True
    while more:
        more = False
        with _copying(statement) as copy:
            for row in islice(rows, BATCH):
                more = True
                copy.write_row(row)
        watch.read(staged.rows)
    with _copying(f"COPY {StagedPerson._meta.db_table} (person, root, fresh) FROM STDIN") as copy:
        for person in range(1, len(persons) + 1):
            copy.write_row((person, persons.root(person), False))
    return staged


@contextmanager
def _copying(statement: str) -> Iterator[Any]:
    """A COPY whose errors are Django's, like those of every other statement."""
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        yield copy


def _rows(
    documents: Iterable[Document], zone: ZoneInfo, columns: Columns, persons: Persons, staged: Staged
) -> Iterator[list[Any]]:
    """The sound documents as rows; everything is counted on the way."""
    fields = _OF_DELIVERY if columns.kind == "deliveries" else _OF_ORDER
    limits = [(_PLACE[name], most, columns.header_of(fields.get(name, ""))) for name, most in LONGEST.items()]
    for document in documents:
        staged.rows += len(document.lines)
        staged.warnings += document.warnings
        record = document.record
        if record is not None and len(record.number) > LONGEST["number"]:
            document = _too_long(document, columns.header_of("number"))
            record = None
        if record is None:
            staged.faulty += len(document.lines)
            staged.faults += document.faults
            staged.reasons += document.reasons()
            continue
        staged.documents += 1
        row = _delivery(record, zone) if isinstance(record, DeliveryRow) else _order(record, zone)
        row[0], row[1] = record.line, len(document.lines)
        if not (record.cancelled or record.internal):
            phone = record.mobile or record.landline
            row[_PERSON] = persons.number_of(record.customer_name, record.customer_number, phone, record.vin)
        _fit(row, limits, staged)
        yield row


_PERSON = _PLACE["person"]


def _too_long(document: Document, column: str) -> Document:
    reason = _("单号超过 %(most)d 个字符，不是有效的单号，请更正") % {"most": LONGEST["number"]}
    return Document(document.number, document.lines, None, (Fault(document.lines[-1], column, reason),))


def _fit(row: list[Any], limits: list[tuple[int, int, str]], staged: Staged) -> None:
    """Cuts what is too long for its place, and takes out the one character that no database text can hold."""
    for place, most, column in limits:
        text = row[place]
        if len(text) > most:
            row[place] = text[:most]
            what = {"begin": text[:20], "length": len(text), "most": most}
            reason = _("“%(begin)s…”有 %(length)d 个字，只保留前 %(most)d 个字") % what
            staged.warnings.append(Fault(row[0], column, reason))
        if "\0" in text:
            row[place] = row[place].replace("\0", "")


class _Layout:
    """Where one kind of record's attributes go in a staged row; made once, as it runs for every document."""

    def __init__(self, columns: dict[str, str]) -> None:
        self._places = [_PLACE[column] for column in columns]
        self._values = attrgetter(*columns.values())

    def row(self, record: DeliveryRow | RepairOrderRow) -> list[Any]:
        row = _BLANK_ROW.copy()
        for place, value in zip(self._places, self._values(record), strict=True):
            row[place] = value
        return row


_DELIVERIES, _ORDERS = _Layout(_OF_DELIVERY), _Layout(_OF_ORDER)
_HAPPENED, _DETAILS, _OPENED, _CLOSED, _PROMISED, _ITEMS = (
    _PLACE[name] for name in ("happened", "details", "opened_at", "closed_at", "promised_at", "work_items")
)


def _delivery(record: DeliveryRow, zone: ZoneInfo) -> list[Any]:
    row = _DELIVERIES.row(record)
    day = record.delivered or record.ordered or record.invoiced
    row[_HAPPENED] = datetime.combine(day, time(), zone) if day else None
    row[_DETAILS] = _details(record, _DELIVERY_DETAILS)
    return row


def _order(record: RepairOrderRow, zone: ZoneInfo) -> list[Any]:
    row = _ORDERS.row(record)
    row[_HAPPENED] = row[_OPENED] = record.opened and record.opened.replace(tzinfo=zone)
    row[_CLOSED] = record.closed and record.closed.replace(tzinfo=zone)
    row[_PROMISED] = record.promised and record.promised.replace(tzinfo=zone)
    row[_DETAILS] = _details(record, _ORDER_DETAILS)
    if record.work_items:
        row[_ITEMS] = _json(record.work_items)
    return row


def _details(record: DeliveryRow | RepairOrderRow, names: tuple[str, ...]) -> str:
    """What the store's tables have no column for, as far as it is filled; dates and times in ISO form."""
    said = {name: value for name in names if (value := getattr(record, name)) not in (None, "")}
    if not said:
        return "{}"
    for name, value in said.items():
        if isinstance(value, date):
            said[name] = value.isoformat()
    return _json(said)


_encode = json.JSONEncoder(ensure_ascii=False).encode


def _json(value: Any) -> str:
    return _encode(value).replace("\\u0000", "")

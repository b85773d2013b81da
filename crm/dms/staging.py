"""A file's documents as rows for the staging tables, and these rows into the tables (COPY), to be compared set-wise."""

import csv
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import islice
from json.encoder import encode_basestring
from operator import attrgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from crm.dms.columns import Columns
from crm.dms.fields import LISTS, Kind
from crm.dms.models import StagedDocument, StagedPerson
from crm.dms.persons import Persons
from crm.dms.progress import Watch
from crm.dms.records import DeliveryRow, Document, Fault, LeadRow, Record, RepairOrderRow
from crm.dms.slices import Staged
from crm.vehicles import actions as vehicles

BATCH = 5_000
"""Documents between two looks at whether the import is still wanted."""
LONGEST = {
    "number": 60, "staff_name": 60, "customer_number": 40, "name": 120, "form_of_address": 10, "landline": 40,
    "address": 300, "plate": 12, "brand": 60, "series": 60, "model": 120, "colour": 40, "engine_number": 40,
    "remark": 500, "technician": 60, "sender_name": 120, "sender_mobile": 11, "fault": 1000,
    "wanted_model": 120, "level": 20, "reason": 300, "rival": 120,
}  # fmt: skip
"""How long a text may be in the table it goes to."""

CHUNK = 1 << 20
COLUMNS = [str(column.column) for column in StagedDocument._meta.fields]
TEXTS = [str(column.column) for column in StagedDocument._meta.fields if column.get_internal_type() == "TextField"]
"""An empty cell of these is an empty text; of the others it is nothing at all."""
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
_OF_LEAD = _SHARED | {
    "staff_name": "staff", "next_service_on": "next_service", "day": "day", "wanted_model": "wanted_model",
    "level": "level", "reason": "reason", "rival": "rival",
}  # fmt: skip
_FIELDS: dict[Kind, dict[str, str]] = {
    "deliveries": _OF_DELIVERY,
    "repair_orders": _OF_ORDER,
    **dict.fromkeys(LISTS, _OF_LEAD),
}
_DELIVERY_DETAILS = ("promised", "left_stock", "trim", "team", "payment", "lead_source", "state")
_ORDER_DETAILS = (
    "dealer", "finished", "settled", "settlement_number", "warranty_state", "waiting_for_parts", "insurer",
    "last_service", "sender_landline", "mileage_out", "state",
)  # fmt: skip
_LEAD_DETAILS = ("met", "last_visit", "mileage", "lost_days", "place", "lead_source", "state")


def stage(
    documents: Iterator[Document], zone: ZoneInfo, columns: Columns, most: int, file: Path, watch: Watch
) -> Staged:
    """Writes the next documents, of ``most`` rows together or a few more, as a slice's rows for COPY.

    ``columns``: of the file, for what is said about it.
    """
    staged = Staged()
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        rows = _rows(_some(documents, most, staged), zone, columns, staged)
        while batch := list(islice(rows, BATCH)):
            writer.writerows(batch)
            watch.read(staged.rows)
    return staged


def _some(documents: Iterator[Document], most: int, staged: Staged) -> Iterator[Document]:
    while staged.rows < most:
        document = next(documents, None)
        if document is None:
            staged.last = True
            return
        staged.units += 1
        yield document


def lay_out(files: Iterable[Path], kind: Kind) -> None:
    """Fills the empty staging tables from slices' rows: all documents, and who is who among their owners.

    Lists often name a car by its plate alone; it is then the store's one car of that plate.
    """
    texts = ", ".join(TEXTS)
    options = f"FORMAT csv, FORCE_NOT_NULL ({texts})"
    with _copying(f"COPY {StagedDocument._meta.db_table} ({', '.join(COLUMNS)}) FROM STDIN ({options})") as copy:
        for file in files:
            with file.open("rb") as rows:
                while chunk := rows.read(CHUNK):
                    copy.write(chunk)
    if kind in LISTS:
        vehicles.find_by_plate(StagedDocument._meta.db_table)
    _find_persons()


def _find_persons() -> None:
    """A document's person has its line's number; lines that name the same one share the first of them as their root.

    Read and written in batches: row by row the way to the server costs more than what is done there.
    """
    persons, lines, first = Persons(), array("l"), array("l", [0])
    numbers = array("l")
    phone = "CASE mobile WHEN '' THEN landline ELSE mobile END"
    asked = (
        f"SELECT line, name, customer_number, {phone}, vin FROM {StagedDocument._meta.db_table} "  # noqa: S608
        "WHERE person > 0 ORDER BY line"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"DECLARE named_in_file NO SCROLL CURSOR FOR {asked}")
        while rows := _fetched(cursor):
            for line, *marks in rows:
                number = persons.number_of(*marks)
                if number == len(first):
                    first.append(line)
                lines.append(line)
                numbers.append(number)
        cursor.execute("CLOSE named_in_file")
    with _copying(f"COPY {StagedPerson._meta.db_table} (person, root, fresh) FROM STDIN") as copy:
        found = zip(lines, numbers, strict=True)
        while batch := list(islice(found, BATCH)):
            copy.write("".join(f"{line}\t{first[persons.root(number)]}\tf\n" for line, number in batch))


def _fetched(cursor: Any) -> list[tuple[int, str, str, str, str]]:
    cursor.execute(f"FETCH {BATCH} FROM named_in_file")
    rows: list[tuple[int, str, str, str, str]] = cursor.fetchall()
    return rows


@contextmanager
def _copying(statement: str) -> Iterator[Any]:
    """A COPY whose errors are Django's, like those of every other statement."""
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        yield copy


def _rows(documents: Iterable[Document], zone: ZoneInfo, columns: Columns, staged: Staged) -> Iterator[list[Any]]:
    """The sound documents as rows; everything is counted on the way."""
    fields = _FIELDS[columns.kind]
    lay = _LAYING[columns.kind]
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
        row = lay(record, zone)
        row[0], row[1] = record.line, len(document.lines)
        if not (record.cancelled or record.internal) and (record.customer_name or record.mobile or record.landline):
            row[_PERSON] = record.line
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

    def row(self, record: Record) -> list[Any]:
        row = _BLANK_ROW.copy()
        for place, value in zip(self._places, self._values(record), strict=True):
            row[place] = value
        return row


_DELIVERIES, _ORDERS, _LEADS = _Layout(_OF_DELIVERY), _Layout(_OF_ORDER), _Layout(_OF_LEAD)
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


def _lead(record: LeadRow, zone: ZoneInfo) -> list[Any]:
    row = _LEADS.row(record)
    day = record.day or record.last_visit
    row[_HAPPENED] = datetime.combine(day, time(), zone) if day else None
    row[_DETAILS] = _details(record, _LEAD_DETAILS)
    return row


_LAYING: dict[Kind, Callable[[Any, ZoneInfo], list[Any]]] = {
    "deliveries": _delivery,
    "repair_orders": _order,
    **dict.fromkeys(LISTS, _lead),
}


def _details(record: Record, names: tuple[str, ...]) -> str:
    """What the store's tables have no column for, as far as it is filled; dates and times in ISO form."""
    said = []
    for name in names:
        value = getattr(record, name)
        if value is not None and value != "":
            said.append(f'"{name}": {_json(value)}')
    return "{" + ", ".join(said) + "}" if said else "{}"


def _json(value: Any) -> str:
    """What these records hold, written by hand: an encoder's call costs more than the text."""
    if isinstance(value, str):
        return encode_basestring(value).replace("\\u0000", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_json, value)) + "]"
    return str(value)

"""From a file to the store: reading it in slices, and taking all of them in, compared only or for good.

The slices lie in files (see :mod:`crm.dms.slices`) until the last step: laying out, comparing and writing are one
transaction, so that nothing is ever half applied. Whoever watches wants all of a file or none.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import get_language

from crm.dms import comparing, writing
from crm.dms.comparing import Counts
from crm.dms.errors import FileRefused
from crm.dms.fields import LISTS
from crm.dms.progress import Watch
from crm.dms.reading import read_documents, scattered_numbers
from crm.dms.records import Fault, StoreFacts
from crm.dms.slices import Begun, Slices, Staged, limits
from crm.dms.staging import lay_out, stage
from crm.dms.storing import Reading
from sanfang.audit import journal
from sanfang.tenancy.context import current_tenant
from sanfang.tenancy.models import Staff


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a file; ``warnings`` of reading and of comparing, in the order of their lines."""

    staged: Staged
    counts: Counts
    warnings: list[Fault]
    journal: tuple[int, int] | None = None
    """After which and until which place of the history the import's own changes lie."""

    @property
    def faults(self) -> list[Fault]:
        return sorted(self.staged.faults, key=lambda fault: fault.line)


def compare_only(reading: Reading, *, now: datetime, watch: Watch) -> Result:
    """What the import of a file anywhere would do. Leaves nothing behind."""
    with TemporaryDirectory() as folder:
        slices = Slices(Path(folder) / "slices")
        begin(slices, reading, now)
        while not read_slice(slices, reading, watch).last:
            pass
        return would_be(slices, reading, watch)


def read_slice(slices: Slices, reading: Reading, watch: Watch) -> Staged:
    """Reads the next slice of the file and keeps it. What all of them have given so far."""
    so_far, begun, zone, columns = slices.staged(), slices.begun(), _zone(), reading.columns
    assert begun is not None, "a reading is begun before its slices are read"
    facts = StoreFacts(zone=zone, today=begun.now.astimezone(zone).date(), staff_mobiles=_staff_mobiles())
    documents = read_documents(reading.source, columns, facts, skip=so_far.units, scattered=begun.scattered)
    most, number, watch.before = limits().rows[reading.source.form], slices.done(), so_far.rows
    staged = stage(documents, zone, columns, most, slices.rows_file(number), watch)
    slices.finish(number, staged)
    so_far.add(staged)
    return so_far


def begin(slices: Slices, reading: Reading, now: datetime) -> Begun:
    """Before the first slice. Raises FileRefused."""
    if reading.columns.missing:
        raise FileRefused("；".join(missing.sentence() for missing in reading.columns.missing))
    begun = Begun(now, get_language() or "", frozenset(scattered_numbers(reading.source, reading.columns)))
    slices.begin(begun)
    return begun


def would_be(slices: Slices, reading: Reading, watch: Watch) -> Result:
    with transaction.atomic():
        result = _compared(slices, reading, watch)
        transaction.set_rollback(True)
    return result


def carry_out(
    slices: Slices, reading: Reading, *, source: UUID, now: datetime, watch: Watch, finish: Callable[[Result], None]
) -> Result:
    """The import for good. ``finish`` is part of its transaction; what it raises undoes everything."""
    with transaction.atomic():
        result = _compared(slices, reading, watch)
        if result.counts.documents:
            before = journal.newest()
            writing.write(reading.kind, _zone(), source=source, now=now, watch=watch)
            result = replace(result, journal=(before, journal.newest()))
        writing.clear()
        finish(result)
    writing.refresh_statistics()
    return result


def _compared(slices: Slices, reading: Reading, watch: Watch) -> Result:
    columns, staged = reading.columns, slices.staged()
    watch.total = watch.total or staged.rows
    lay_out(slices.files(), reading.kind)
    comparing.prepare(staged.documents)
    counts = comparing.compare(reading.kind, _zone().key, watch)
    headers = {field: columns.header_of(field) for field in ("mobile", "landline") if field in columns.positions}
    warnings = [*columns.warnings, *staged.warnings, *comparing.numbers_known_wrong(headers)]
    if reading.kind in LISTS:
        warnings += comparing.nobody_known(columns.header_of("vin"))
    return Result(staged, counts, sorted(warnings, key=lambda warning: warning.line))


def _zone() -> ZoneInfo:
    return ZoneInfo(current_tenant().time_zone)


def _staff_mobiles() -> frozenset[str]:
    return frozenset(Staff.objects.exclude(phone="").values_list("phone", flat=True))

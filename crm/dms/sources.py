"""Where a file comes from, told by its header row and its name; and how the columns of that source are read."""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import PurePath

from crm.dms.columns import Columns
from crm.dms.headers import plain_header
from crm.dms.models import ImportRun, SourceMapping

# Dates, counts and what Windows and browsers add to a name: 维修工单_20251125(1) - 副本.
_PASSING = re.compile(r"[\W\d_]+|副本|导出|年|月|日|copy|export", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Remembered:
    """How this source was read before. ``name``: what its files are called; ``by`` who said so."""

    name: str
    by: str
    used_at: datetime


def source_of(columns: Columns) -> str:
    """What a source is known by: the headers that its files begin with, in their order."""
    text = "\t".join(plain_header(header) for header in columns.headers)
    return sha256(text.encode()).hexdigest()


def name_of(filename: str) -> str:
    """What the files of a source are called, without what changes from one to the next."""
    return _PASSING.sub(" ", PurePath(filename).stem).strip()[:120]


def mapping_for(run: ImportRun, columns: Columns) -> SourceMapping | None:
    """As a person said for files of this name and these headers; else as last said for these headers."""
    known = SourceMapping.objects.select_related("by").filter(kind=run.kind, source=source_of(columns))
    found = sorted(known, key=lambda one: (one.name == name_of(run.filename), one.used_at), reverse=True)
    return found[0] if found else None


def remembered(run: ImportRun, columns: Columns) -> Remembered | None:
    """What was remembered, if the run's file is read that way."""
    found = mapping_for(run, columns)
    if found is None or not run.mapping or found.mapping != run.mapping:
        return None
    return Remembered(found.name, found.by.name if found.by else "", found.used_at)

"""Rows as CSV for people and as JSON lines for programs."""

import csv
import io
import unicodedata
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from tenants.life.archives import Archive

BOM = "\ufeff"
BATCH = 500
"""Rows fetched at a time: so many are in memory, however long the table is."""
FORMULA = ("=", "+", "-", "@", "\u2212")
"""What a spreadsheet would take for the beginning of a formula; the full-width ones become these."""
UNSEEN = ("C", "Z")
"""Unicode's categories of what shows nothing: controls, marks of direction and order, blanks."""


def safe(cell: str | None) -> str | None:
    """The cell as text, whatever spreadsheet opens it: some drop what can't be seen before they look for a formula."""
    if not cell:
        return cell
    seen = next((sign for sign in cell if unicodedata.category(sign)[0] not in UNSEEN), "")
    begins_a_line = cell[0] in "\t\r\n"
    return f"'{cell}" if begins_a_line or unicodedata.normalize("NFKC", seen).startswith(FORMULA) else cell


def line(cells: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def write_rows(
    raw: psycopg.Connection[Any],
    archive: Archive,
    members: tuple[str, str],
    source: sql.Composable,
    columns: dict[str, bool],
    about: dict[str, Any] | None = None,
) -> int:
    """Writes what is in ``source`` (as FROM takes it) as both members, CSV and JSON lines; how many rows.

    ``columns``: name → whether it holds numbers, which need no mark against formulas.
    """
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier("t", name)) for name in columns)
    count = 0
    with archive.member(members[0]) as member:
        member.write(BOM.encode() + line(columns))
        for row in _rows(raw, sql.SQL("SELECT {} FROM {} t").format(texts, source), about):
            member.write(
                line(cell if is_number else safe(cell) for cell, is_number in zip(row, columns.values(), strict=True))
            )
            count += 1
    with archive.member(members[1]) as member:
        for (row,) in _rows(raw, sql.SQL("SELECT row_to_json(t)::text FROM {} t").format(source), about):
            member.write(row.encode() + b"\n")
    return count


def _rows(raw: psycopg.Connection[Any], query: sql.Composed, about: dict[str, Any] | None) -> Iterator[Any]:
    with raw.cursor(name="exporting") as cursor:
        cursor.itersize = BATCH
        cursor.execute(query, about)
        yield from cursor

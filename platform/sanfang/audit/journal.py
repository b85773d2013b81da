"""The history as a journal: what one request wrote is given back, row by row, where nobody has changed it since.

An import runs under its own id as the request, a merge of two customers under its own. Whoever wants to take it back
later asks the history what it changed. A row counts as untouched while the columns that the request wrote still say
what it wrote; what others changed meanwhile stays, and is told. All of it is set-based and part of the caller's
transaction: done twice it changes nothing the second time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from sanfang.tenancy.context import current_tenant

UNSEEN = ("updated_at", "planned_at")
"""Columns that the history doesn't watch (tenants/migrations/0002_walls.py)."""

NET = """
mine AS MATERIALIZED (
    SELECT id, object, change, before, after FROM audit_history
     WHERE id > %(after)s AND (%(until)s::bigint IS NULL OR id <= %(until)s)
       AND request = %(request)s AND model = %(table)s
), ends AS (
    SELECT object, (array_agg(change ORDER BY id))[1] AS first, (array_agg(change ORDER BY id DESC))[1] AS last,
           max(id) AS upto
      FROM mine GROUP BY object
), was AS (
    SELECT object, jsonb_object_agg(key, value ORDER BY id DESC) AS before
      FROM mine CROSS JOIN LATERAL jsonb_each(before) WHERE before IS NOT NULL GROUP BY object
), became AS (
    SELECT object, jsonb_object_agg(key, value ORDER BY id) AS after
      FROM mine CROSS JOIN LATERAL jsonb_each(after) WHERE after IS NOT NULL GROUP BY object
), net AS MATERIALIZED (
    SELECT ends.object, first, last, upto, coalesce(before, '{}') AS before, coalesce(after, '{}') AS after
      FROM ends LEFT JOIN was USING (object) LEFT JOIN became USING (object)
)
"""
"""Each object that the request wrote in a table: how it began and ended, the first ``before`` of each column, the last
``after``. JSON's duplicate keys: the last one counts, so the earliest is put last."""

SAYS = """
(SELECT bool_and(to_jsonb(known) -> key IS NOT DISTINCT FROM value)
   FROM jsonb_each({0}) WHERE key <> ALL (%(unseen)s::text[]))
"""
"""Whether the row ``known`` says now what a JSON of columns says."""

UNTOUCHED = f"""
CASE WHEN net.first = '+'
     THEN jsonb_strip_nulls(to_jsonb(known)) - %(unseen)s::text[] = jsonb_strip_nulls(net.after) - %(unseen)s::text[]
     ELSE {SAYS.format("net.after")} END
"""


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that somebody else has written since: the newest such change, and under which request."""

    object: UUID
    at: datetime
    actor: UUID | None
    request: str


def newest() -> int:
    """Where the history is now; what is written from here on lies after it."""
    current_tenant()
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM audit_history")
        return int(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class Journal:
    """What ``request`` wrote, between two places in the history (``until`` None: to its end)."""

    request: str
    after: int = 0
    until: int | None = None

    def changed_since(self, table: str) -> list[Changed]:
        """Rows that can't be given back as a whole, because they no longer say what the request wrote."""
        return [
            Changed(*row)
            for row in self._rows(
                table,
                f"""
                SELECT DISTINCT ON (net.object) net.object, later.at, later.actor, later.request
                  FROM net JOIN {table} AS known ON known.id = net.object
                  JOIN audit_history AS later ON later.object = net.object AND later.id > net.upto
                   AND later.request <> %(request)s
                 WHERE net.last <> '-' AND NOT coalesce({UNTOUCHED}, true)
                   AND NOT (net.first = '~' AND coalesce({SAYS.format("net.before")}, true))
                 ORDER BY net.object, later.id DESC
                """,  # noqa: S608
            )
        ]

    def made(self, table: str) -> list[UUID]:
        """Rows that the request made, that are there still, and that nobody has changed."""
        return self._ids(
            table,
            f"SELECT known.id FROM net JOIN {table} AS known ON known.id = net.object "  # noqa: S608
            f"WHERE net.first = '+' AND net.last <> '-' AND {UNTOUCHED}",
        )

    def give_back(self, table: str, now: datetime) -> list[UUID]:
        """The changed rows that nobody has changed since say again what they said before; those that were there."""
        columns = _columns(table)
        said = ", ".join(f"back.now_{place}" for place in range(len(columns)))
        at = ", updated_at = %(now)s" if _has(table, "updated_at") else ""
        return self._ids(
            table,
            f"""
            , back AS MATERIALIZED (
                SELECT known.id, said.* FROM net JOIN {table} AS known ON known.id = net.object
                 CROSS JOIN LATERAL (
                     SELECT {", ".join(f"told.{name} AS now_{place}" for place, name in enumerate(columns))}
                       FROM jsonb_populate_record(known, net.before) AS told
                 ) AS said
                 WHERE net.first = '~' AND net.last = '~' AND {UNTOUCHED}
            )
            UPDATE {table} AS known SET ({", ".join(columns)}) = ROW({said}){at}
              FROM back WHERE back.id = known.id RETURNING known.id
            """,  # noqa: S608
            now=now,
        )

    def bring_back(self, table: str) -> list[UUID]:
        """Rows that the request deleted are there again, as they were."""
        columns = ["id", *_columns(table)] + [name for name in UNSEEN if _has(table, name)]
        return self._ids(
            table,
            f"""
            INSERT INTO {table} ({", ".join(columns)})
            SELECT {", ".join(f"told.{name}" for name in columns)}
              FROM net CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, net.before) AS told
             WHERE net.first <> '+' AND net.last = '-'
               AND NOT EXISTS (SELECT FROM {table} AS known WHERE known.id = net.object)
            RETURNING id
            """,  # noqa: S608
        )

    def _ids(self, table: str, query: str, **given: Any) -> list[UUID]:
        return [row[0] for row in self._rows(table, query, **given)]

    def _rows(self, table: str, query: str, **given: Any) -> list[tuple[Any, ...]]:
        current_tenant()
        said = {
            "request": self.request,
            "after": self.after,
            "until": self.until,
            "table": table,
            "unseen": list(UNSEEN),
            **given,
        }
        with connection.cursor() as cursor:
            cursor.execute(f"WITH {NET} {query}", said)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def unnamed(table: str, ids: Collection[UUID], *, but: Collection[str] = ()) -> list[UUID]:
    """Those of these rows that no other row names; rows of the tables ``but`` don't count."""
    if not ids:
        return []
    named = [
        f"EXISTS (SELECT FROM {other} AS other WHERE other.{column} = known.id)"
        for other, column in references(table)
        if other not in but
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {table} AS known WHERE id = ANY(%s) AND NOT ({' OR '.join(named) or 'false'})",  # noqa: S608
            [list(ids)],
        )
        return [row[0] for row in cursor.fetchall()]


def remove(table: str, ids: Collection[UUID]) -> None:
    """Deletes rows that nobody names (:func:`unnamed`)."""
    current_tenant()
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s)", [list(ids)])  # noqa: S608


def references(table: str) -> list[tuple[str, str]]:
    """(table, column) of every foreign key that leads to a table of this tenant: no app can be forgotten."""
    current_tenant()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT child.relname, quote_ident(field.attname) FROM pg_constraint AS con
              JOIN pg_class AS child ON child.oid = con.conrelid
              JOIN pg_attribute AS field ON field.attrelid = con.conrelid AND field.attnum = con.conkey[1]
             WHERE con.contype = 'f' AND con.confrelid = to_regclass(format('%%I.%%I', current_schema(), %s::text))
             ORDER BY 1, 2
            """,
            [table],
        )
        return [(child, column) for child, column in cursor.fetchall()]


def _columns(table: str) -> list[str]:
    """What of a row is said by hand or by a file: not its id, nor what is worked out or not watched."""
    return [name for name, generated in _all_columns(table) if not generated and name not in ("id", *UNSEEN)]


def _has(table: str, column: str) -> bool:
    return any(name == column for name, _generated in _all_columns(table))


def _all_columns(table: str) -> list[tuple[str, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(attname), attgenerated <> '' FROM pg_attribute "
            "WHERE attrelid = to_regclass(format('%%I.%%I', current_schema(), %s::text)) "
            "AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            [table],
        )
        return [(name, generated) for name, generated in cursor.fetchall()]

"""One moment of one schema: what tables it has, and their rows, as they were when it began."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from sanfang.tenancy.backend.base import OWNER_ROLE
from tenants.life.work import throwaway


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    is_number: bool
    is_generated: bool


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[Column, ...]

    @property
    def kept(self) -> list[str]:
        """The columns whose values have to be kept: the others are worked out from them."""
        return [column.name for column in self.columns if not column.is_generated]


@contextmanager
def snapshot_of(time_zone: str = "UTC") -> Iterator[psycopg.Connection[Any]]:
    """A connection as the owner that sees one moment and writes nothing. Values come out in one spelling."""
    with throwaway() as raw:
        raw.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(OWNER_ROLE)))
        raw.execute("SELECT set_config('TimeZone', %s, false)", [time_zone])
        raw.execute("SET search_path = ''; SET synchronize_seqscans = off")
        raw.execute("SET DateStyle = ISO; SET IntervalStyle = postgres")
        raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield raw
        raw.execute("COMMIT")


def tables_of(raw: psycopg.Connection[Any], schema: str) -> list[Table]:
    found: dict[str, list[Column]] = {}
    rows = raw.execute(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), t.typcategory = 'N', a.attgenerated <> '' "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "JOIN pg_type t ON t.oid = a.atttypid WHERE c.relkind = 'r' "
        "AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s) ORDER BY c.relname, a.attnum",
        [schema],
    )
    for table, *column in rows:
        found.setdefault(table, []).append(Column(*column))
    return [Table(name, tuple(columns)) for name, columns in found.items()]


def migrations_of(raw: psycopg.Connection[Any], schema: str) -> list[list[str]]:
    query = sql.SQL("SELECT app, name FROM {} ORDER BY app, name").format(sql.Identifier(schema, "django_migrations"))
    return [[app, name] for app, name in raw.execute(query)]


def sequences_of(raw: psycopg.Connection[Any], schema: str) -> dict[str, list[Any]]:
    """Name → the last value and whether it was used. Asked after the rows: a sequence knows no snapshot."""
    names = raw.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'S' "
        "AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s) ORDER BY relname",
        [schema],
    ).fetchall()
    found = {}
    for (name,) in names:
        row = raw.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(schema, name)))
        found[name] = list(row.fetchone() or ())
    return found


def count_rows(raw: psycopg.Connection[Any], schema: str, table: str) -> int:
    row = raw.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))).fetchone()
    return int(row[0]) if row else 0


def columns_sql(names: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))

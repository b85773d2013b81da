"""What only grows is deleted when its time is past: ``retention.yaml`` says what, when and why.

The books (history, accesses, events) can't be deleted by a tenant's role (ADR 0008). So the owner does it, on the
provisioner's connection and from a task of the platform; nothing that a tenant can call is able to.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import connections, transaction

ALIAS = "provisioner"
HISTORY = "audit_history"
BOOKS = (HISTORY, "audit_access", "audit_event")


@dataclass(frozen=True, slots=True)
class Rule:
    table: str
    at: str
    days: int
    reason: str
    order: str = ""
    only: str = "true"

    def due(self) -> str:
        """SQL for the rows whose time is past, before ``%(before)s``.

        Where ids are in the order of time, an index finds the first row that isn't past its time, and only rows
        before that one are looked at: a table in which nothing is due costs next to nothing.
        """
        due = f"{self.at} < %(before)s AND ({self.only})"
        if not self.order:
            return due
        young = f"(SELECT {self.order} FROM {self.table} WHERE {self.at} >= %(before)s ORDER BY {self.order} LIMIT 1)"  # noqa: S608
        return f"{due} AND coalesce({self.order} < {young}, true)"


@dataclass(frozen=True, slots=True)
class Retention:
    batch: int
    batches: int
    tenant: tuple[Rule, ...]
    public: tuple[Rule, ...]


@cache
def retention() -> Retention:
    table: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "retention.yaml").read_text(encoding="utf-8"))
    tenant, public = (tuple(Rule(**row) for row in table[place]) for place in ("tenant", "public"))
    for rule in tenant:
        if rule.table in BOOKS and rule.days < table["least_days_of_books"]:
            raise ValueError(f"{rule.table} must be kept for at least {table['least_days_of_books']} days.")
    return Retention(table["batch"], table["batches"], tenant, public)


def retire(schema: str, rules: tuple[Rule, ...], now: datetime) -> dict[str, int]:
    """Deletes what is past its time in ``schema``; how many rows of which table. Repeatable at any point."""
    left = retention().batches
    gone: dict[str, int] = {}
    for rule in rules:
        while left:
            left -= 1
            deleted = _batch(schema, rule, now - timedelta(days=rule.days))
            if deleted:
                gone[rule.table] = gone.get(rule.table, 0) + deleted
            if deleted is None or deleted < retention().batch:
                break
    return gone


def _batch(schema: str, rule: Rule, before: datetime) -> int | None:
    """One short transaction. None where this kind of tenant has no such table."""
    connection: Any = connections[ALIAS]
    connection.set_schema_to_public()
    with transaction.atomic(using=ALIAS), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('search_path', %s, true), set_config('lock_timeout', '2s', true)", [schema])
        cursor.execute(
            "SELECT to_regclass(%s) IS NOT NULL, EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass(%s) "
            "AND tgname = 'history_delete')",
            [rule.table, rule.table],
        )
        there, tracked = cursor.fetchone()
        if not there:
            return None
        last = _last_of_history(cursor) if tracked else 0
        cursor.execute(
            f"DELETE FROM {rule.table} WHERE ctid = ANY (ARRAY("  # noqa: S608
            f"SELECT ctid FROM {rule.table} WHERE {rule.due()} LIMIT %(batch)s))",
            {"before": before, "batch": retention().batch},
        )
        deleted = int(cursor.rowcount)
        if tracked and deleted:
            # The history would keep what was just deleted for years more.
            cursor.execute(
                f"DELETE FROM {HISTORY} WHERE id > %s AND model = %s AND change = '-' AND at = now()",  # noqa: S608
                [last, rule.table],
            )
        return deleted


def _last_of_history(cursor: Any) -> int:
    cursor.execute(f"SELECT coalesce(max(id), 0) FROM {HISTORY}")  # noqa: S608
    return int(cursor.fetchone()[0])

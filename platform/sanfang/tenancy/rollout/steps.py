"""Applying a step to one schema: each of its migrations whole or not at all."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import ProgrammingError
from django.db.migrations import Migration
from django.db.migrations.state import ProjectState
from psycopg import sql

from sanfang.tenancy.backend.base import OWNER_ROLE
from sanfang.tenancy.rollout.plans import Part, Step
from sanfang.tenancy.rollout.states import Recorder, Target, applied

LOCK_TIMEOUT_MS = 2_000
"""A statement that waits longer for a table makes everybody queue behind it; it lets go and tries again."""
ATTEMPTS = 5
FIRST_PAUSE = 0.5
"""Seconds before the second attempt; each further pause is twice as long."""


def apply(step: Step, target: Target, connection: Any, *, attempts: int = ATTEMPTS) -> None:
    """Gives ``target`` the migrations of ``step``. Raises what the database says when it can't be done.

    ``connection`` is the provisioner's. Killed at any moment, the schema has each migration whole, with its record,
    or nothing of it; a step with code that mustn't run in a transaction is taken up again.
    """
    for attempt in range(attempts):
        try:
            if step.code is None:
                _run_sql(step, target, connection)
            else:
                with placed(target, connection):
                    _run_code(step.code, step.before, connection)
            return
        except Exception as error:
            if not _is_lock_timeout(error) or attempt == attempts - 1:
                raise
            time.sleep(FIRST_PAUSE * 2**attempt)
            if step.code is None:
                step = step.without(applied(connection, target.schema))


@contextmanager
def placed(target: Target, connection: Any) -> Iterator[None]:
    """``connection`` in the target's schema; Django's own look-ups and models go by that."""
    # Without public behind it: a statement for a table that isn't here must fail, not find another's.
    connection.set_schema(target.schema, include_public=False, tenant_type=target.kind)
    try:
        yield
    finally:
        connection.set_schema_to_public()


def _is_lock_timeout(error: BaseException) -> bool:
    return any(isinstance(one, psycopg.errors.LockNotAvailable) for one in (error, error.__cause__))


def _run_sql(step: Step, target: Target, connection: Any) -> None:
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    try:
        raw.execute(sql.SQL("\n").join(_transaction(part, target) for part in step.parts))
    except psycopg.Error:
        raw.rollback()
        raise


def _transaction(part: Part, target: Target) -> sql.Composable:
    """One for each migration: what a foreign key puts off to the commit stands in the way of a later ALTER TABLE."""
    return sql.SQL("\n").join(
        [
            sql.SQL("BEGIN; SET LOCAL ROLE {};").format(sql.Identifier(OWNER_ROLE)),
            sql.SQL("SET LOCAL lock_timeout = {};").format(sql.Literal(LOCK_TIMEOUT_MS)),
            sql.SQL("SET LOCAL search_path TO {};").format(sql.Identifier(target.schema)),
            *(sql.SQL(statement) for statement in part.statements),
            sql.SQL("INSERT INTO django_migrations (app, name, applied) VALUES ({}, {}, now());").format(
                *map(sql.Literal, part.key)
            ),
            sql.SQL("COMMIT;"),
        ]
    )


def _run_code(migration: Migration, before: ProjectState, connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [str(LOCK_TIMEOUT_MS)])
    try:
        if not migration.atomic:
            _drop_broken_indexes(connection)
        with connection.schema_editor(atomic=migration.atomic) as editor:
            migration.apply(before.clone(), editor)
            if migration.atomic:
                Recorder(connection).record_applied(migration.app_label, migration.name)
    except ProgrammingError as error:
        if migration.atomic or not _is_there_already(error):
            raise
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")
    if not migration.atomic:
        Recorder(connection).record_applied(migration.app_label, migration.name)


def _is_there_already(error: ProgrammingError) -> bool:
    """A migration outside a transaction has one operation (the guard sees to it); killed between doing it and
    noting it down, it is found done."""
    return isinstance(error.__cause__, (psycopg.errors.DuplicateTable, psycopg.errors.DuplicateObject))


def _drop_broken_indexes(connection: Any) -> None:
    """An index whose concurrent creation was cut off stays behind, slowing every write and serving no query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
            "WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")

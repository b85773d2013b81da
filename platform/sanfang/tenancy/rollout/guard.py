"""Refuses migrations that would lock a big table or break the code that still runs while they are rolled out.

The SQL is judged by squawk; what SQL doesn't show is judged here. A migration that knows better says so, with the
reason: ``accepted = {"ban-drop-column": "no code reads it since version 12"}``.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.migrations import AddField, Migration
from django.db.models import NOT_PROVIDED

from sanfang.tenancy.rollout.plans import Plan

RULES = {
    "adding-field-with-default",
    "adding-foreign-key-constraint",
    "adding-not-nullable-field",
    "adding-required-field",
    "adding-serial-primary-key-field",
    "ban-concurrent-index-creation-in-transaction",
    "ban-drop-column",
    "ban-drop-database",
    "ban-drop-table",
    "ban-truncate-cascade",
    "changing-column-type",
    "constraint-missing-not-valid",
    "disallowed-unique-constraint",
    "renaming-column",
    "renaming-table",
    "require-concurrent-index-creation",
    "require-concurrent-index-deletion",
    "syntax-error",
}
"""Those of squawk's rules that are about locks and running code; its others are about style."""


@dataclass(frozen=True, slots=True)
class Objection:
    migration: str
    rule: str
    text: str


def objections(connection: Any, apps: set[str]) -> list[Objection]:
    """What speaks against the migrations of ``apps`` (labels) that change existing tables.

    ``connection`` is in a schema that has all migrations; nothing is changed there.
    """
    plan, found = Plan(frozenset()), []
    for migration in plan.missing:
        judged = migration.app_label in apps and not migration.initial
        before = plan.state.clone()
        plan.state = migration.mutate_state(plan.state, preserve=False)
        if judged:
            accepted: dict[str, str] = getattr(migration, "accepted", {})
            name = f"{migration.app_label}.{migration.name}"
            found += [
                Objection(name, rule, text)
                for rule, text in [*_by_operations(migration), *_by_sql(_sql(migration, before, connection), migration)]
                if not accepted.get(rule)
            ]
    return found


def _sql(migration: Migration, before: Any, connection: Any) -> str:
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        migration.apply(before, editor, collect_sql=True)
    return "\n".join(editor.collected_sql)


def _by_operations(migration: Migration) -> Iterator[tuple[str, str]]:
    if not migration.atomic and len(migration.operations) > 1:
        yield "one-operation", "Outside a transaction a migration has one operation, so that it can be taken up again."
    for operation in migration.operations:
        if not isinstance(operation, AddField):
            continue
        field = operation.field
        has_default = getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED
        if not (field.null or field.many_to_many or has_default or getattr(field, "generated", False)):
            yield (
                "required-without-default",
                f"{operation.model_name}.{operation.name}: the code still running doesn't fill it. Give it db_default.",
            )


def _by_sql(text: str, migration: Migration) -> Iterator[tuple[str, str]]:
    command = [_squawk(), "--reporter=json", "--pg-version=17.0"]
    if migration.atomic:
        command.append("--assume-in-transaction")
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1} or not done.stdout.strip():
        raise RuntimeError(f"squawk failed: {done.stderr.strip()}")
    for one in json.loads(done.stdout):
        if one["rule_name"] in RULES:
            line = text.splitlines()[one["line"]].strip()
            yield one["rule_name"], f"{one['message']} {line[:120]}"


def _squawk() -> str:
    beside = Path(sys.executable).with_name("squawk")
    found = str(beside) if beside.exists() else shutil.which("squawk")
    if found is None:
        raise RuntimeError("squawk was not found. It comes with `make setup` (squawk-cli).")
    return found

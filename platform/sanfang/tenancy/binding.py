"""What binds a query or a row to the tenant it was made in, and the refusal in another.

Whatever is bound carries ``_schema``: the schema's name, or None for what was made at the door (a queryset at
import time, a row not yet saved) and is bound when it is first used inside a tenant.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from sanfang.kernel.errors import WrongTenant
from sanfang.tenancy.context import at_door, current_schema

UNGUARDED = object()


def bind(query: Any) -> None:
    """From now on ``query`` and its clones run in the current tenant only."""
    if query.__dict__.get("_schema") is None:
        query._schema = None if at_door() else current_schema()


def require_place(query: Any, schema: str) -> None:
    """Refuses a guarded query in ``schema`` when it was made elsewhere, or when that is the door."""
    made_in = query.__dict__.get("_schema", UNGUARDED)
    if made_in is UNGUARDED:
        return
    if schema == settings.PUBLIC_SCHEMA_NAME:
        raise WrongTenant(f"A query for {_of(query)} is a tenant's, and none has been entered.")
    if made_in not in (None, schema):
        raise WrongTenant(f"A query for {_of(query)} was made in another tenant.")


def require_rows(rows: Iterable[Any], schema: str) -> None:
    """Refuses rows that were read or saved in another schema. Rows of public tables remember none."""
    for row in rows:
        if getattr(row, "_schema", None) not in (None, schema):
            raise WrongTenant(f"{type(row).__name__} {row.pk} belongs to another tenant.")


def _of(query: Any) -> str:
    return query.model.__name__ if getattr(query, "model", None) else "raw SQL"

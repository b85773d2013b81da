"""A session of one store in PostgreSQL itself, beside Django: what SQL under a tenant's role gets to see."""

from collections.abc import Iterator
from itertools import islice, product
from typing import Any

import psycopg
from django.db import connection

from tenants.models import Tenant

Session = psycopg.Connection[tuple[Any, ...]]
MARK = "机密XYZZY"
"""Stands in the other store's rows: whoever reads it has seen too much."""
ADDRESS = ("host", "port", "dbname", "user", "password")

# What a function may be asked about another schema, by the type of the argument.
TEXTS = ("{schema}", "{schema}.customers_customer", "SELECT name FROM {schema}.customers_customer")
ASKED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("text", "cstring", "any", "anyelement"), TEXTS),
    "name": ("{schema}",),
    "regclass": ("{table}",),
    "oid": ("{table}", "{namespace}", "{role}"),
    "regnamespace": ("{namespace}",),
    "regrole": ("{role}",),
    "aclitem": ("=r/postgres",),
    "_text": ("{{name}}",),
    "_name": ("{{name}}",),
    "_oid": ("{{{table}}}",),
    **dict.fromkeys(("int2", "int4", "int8", "float4", "float8", "numeric", "xid"), ("1",)),
    "bool": ("true",),
    "bytea": ("x",),
    "char": ("r",),
    "bpchar": ("r",),
    "tid": ("(0,1)",),
    "int2vector": ("1",),
    "timestamptz": ("2026-01-01",),
    "interval": ("1 day",),
    **dict.fromkeys(("regtype", "regproc", "regprocedure"), ("25",)),
    **dict.fromkeys(("json", "jsonb"), ("{{}}",)),
    **dict.fromkeys(("tsquery", "tsvector"), ("a",)),
    "pg_lsn": ("0/1",),
    "refcursor": ("c",),
}
NAMING = {"text", "cstring", "name", "regclass", "oid", "regnamespace", "regrole", "_text", "_name", "_oid", "any"}
"""Types in which a schema, one of its tables or its role can be named."""
MOST = 30
"""Combinations of arguments that are tried of one function."""


def session_of(tenant: Tenant) -> Session:
    """A connection of its own, in the tenant's place, each statement a transaction."""
    given = connection.get_connection_params()
    own = psycopg.connect(**{key: given[key] for key in ADDRESS if key in given}, autocommit=True)
    own.execute(f'SET ROLE "{tenant.schema_name}"; SET search_path = "{tenant.schema_name}", public'.encode())
    own.execute("SET statement_timeout = 2000")
    return own


def ids_of(tenant: Tenant) -> dict[str, str]:
    """How catalogues name the tenant's schema, its role and its table of customers."""
    with session_of(tenant) as own:
        row = own.execute(
            "SELECT 'customers_customer'::regclass::oid, current_schema()::regnamespace::oid, "
            "current_user::regrole::oid"
        ).fetchone()
    assert row is not None
    return {
        "schema": tenant.schema_name,
        **{key: str(value) for key, value in zip(("table", "namespace", "role"), row, strict=True)},
    }


def system_relations(own: Session) -> Iterator[tuple[str, list[str]]]:
    """Every table and view of the system, with the columns that hold object ids."""
    yield from own.execute(
        "SELECT c.oid::regclass::text, array(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid "
        "AND attnum > 0 AND atttypid IN ('oid'::regtype, 'regclass'::regtype)) "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname IN ('pg_catalog', 'information_schema') AND relkind IN ('r', 'v', 'm')"
    ).fetchall()


def functions(own: Session) -> Iterator[tuple[str, str, list[str]]]:
    """Schema, name and types of the arguments of every function that the session may call, triggers left out."""
    yield from own.execute(
        "SELECT n.nspname, p.proname, array(SELECT t.typname::text FROM unnest(p.proargtypes) "
        "WITH ORDINALITY a (id, at) "
        "JOIN pg_type t ON t.oid = a.id ORDER BY a.at) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace "
        "WHERE prokind = 'f' AND has_function_privilege(p.oid, 'execute') AND has_schema_privilege(n.oid, 'usage') "
        "AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype)"
    ).fetchall()


def calls(own: Session, foreign: dict[str, str]) -> Iterator[tuple[str, bytes, list[str]]]:
    """Every call in which another tenant can be named: the function, the statement, its arguments."""
    for schema, name, types in functions(own):
        if not NAMING & set(types) or not set(types) <= set(ASKED):
            continue
        placed = ", ".join(f'%s::"{"text" if kind in {"any", "anyelement"} else kind}"' for kind in types)
        statement = f'SELECT r::text FROM "{schema}"."{name.replace("%", "%%")}"({placed}) r'.encode()
        for combination in islice(product(*(ASKED[kind] for kind in types)), MOST):
            yield name, statement, [value.format(**foreign) for value in combination]


def answer(own: Session, statement: bytes, arguments: list[str]) -> str:
    """What came back, rows or the error; empty for nothing at all."""
    try:
        rows = own.execute(statement, arguments).fetchall()
    except psycopg.Error as error:
        return f"error: {error}"
    return "\n".join(str(row[0]) for row in rows if row[0] is not None)

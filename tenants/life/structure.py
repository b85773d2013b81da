"""A schema's tables without their rows, as SQL in two parts: before the rows and after them.

What comes after (keys, indexes, triggers) is quicker on tables that are full, and the history's triggers don't see
rows come that have their history already. It is the template's SQL where a template has the same migrations;
``pg_dump`` of the schema itself, which reads the whole catalogue, is for stragglers.
"""

import re

from django.db import connections

from sanfang.tenancy.context import door
from sanfang.tenancy.rollout.states import digests
from tenants.models import SchemaTemplate
from tenants.templates import dumped, template_of, template_sql

Parts = tuple[str, str]

ENTRY = re.compile(r"^--\n-- (?:Data for )?Name: .*?; Type: ([A-Z ]+); Schema: .*\n--\n", re.MULTILINE)
BEFORE = {"TABLE", "SEQUENCE", "SEQUENCE OWNED BY", "DEFAULT", "TYPE", "FUNCTION", "VIEW", "DOMAIN"}
ROWS = {"TABLE DATA", "SEQUENCE SET"}
OTHER = {"SCHEMA"}
CREATED = r'^CREATE (?:UNLOGGED )?TABLE {schema}\.("?)(.+?)\1 \('


def structure_of(schema: str, kind: str, tables: set[str]) -> tuple[Parts, str]:
    """Both parts for ``schema``, which has ``tables``, and the digest of its migrations."""
    connection = connections["provisioner"]
    found = digests(connection, [schema, template_of(kind)])
    digest = found[schema]
    if digest == found[template_of(kind)]:
        text = template_sql(kind)
    else:
        with door():
            kept = SchemaTemplate.objects.filter(kind=kind, version=digest).first()
        text = kept.sql if kept else ""
    before, after = split(re.sub(rf"\b{re.escape(template_of(kind))}\b", schema, text))
    if _created(before, schema) != tables:
        before, after = dump(schema)
    return (before, after), digest


def split(text: str) -> Parts:
    """The parts of what pg_dump said of one schema, without rows, and without what it sets for its session."""
    entries = list(ENTRY.finditer(text))
    ends = [entry.start() for entry in entries[1:]] + [len(text)]
    parts: dict[bool, list[str]] = {True: [], False: []}
    for entry, end in zip(entries, ends, strict=False):
        kind = entry[1]
        if kind not in ROWS | OTHER:
            parts[kind in BEFORE].append(text[entry.start() : end])
    return "".join(parts[True]), "".join(parts[False])


def dump(schema: str) -> Parts:
    """What PostgreSQL's own program says of this very schema."""
    return split(dumped("--schema-only", f"--schema={schema}"))


def _created(before: str, schema: str) -> set[str]:
    return {found[2] for found in re.finditer(CREATED.format(schema=re.escape(schema)), before, re.MULTILINE)}

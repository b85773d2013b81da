"""A worker killed at any step of an import in slices: the next goes on there and makes what a clean import makes."""

import signal
import subprocess
import sys
from pathlib import Path

import database
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from import_support import contents, upload

from crm.dms import actions, running, storing
from crm.dms.models import ImportRun
from crm.dms.states import State
from sanfang.ops.places import ROOT
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.kill

WORKER = """
import os, signal, sys, django
django.setup()
from uuid import UUID
from crm.dms import carrying, running, writing
from crm.dms.slices import Limits, Slices, limits
from sanfang.tenancy.context import door, inside
from tenants.models import Tenant

run, number, moment = UUID(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
carrying.limits = lambda: Limits(rows=dict.fromkeys(limits().rows, 300), at_once=1, patience=900)

def die(*_anything, **_named):
    os.kill(os.getpid(), signal.SIGKILL)

if moment == "half a slice":
    Slices.finish = die
if moment == "slice done, next not sent":
    Slices.rest = die
if moment == "all written but the commit":
    writing.clear = die
with door():
    tenant = Tenant.objects.get(slug="chengdu")
with inside(tenant):
    went = running.go_on(run, "apply", number)
print(-1 if went.further is None else went.further)
"""


@pytest.fixture
def faulty(orders: Path, tmp_path: Path) -> Path:
    """A thousand orders, every fiftieth with a car that is none."""
    lines = orders.read_text(encoding="gb18030").splitlines()
    place = lines[0].split(",").index("VIN")
    for number in range(50, len(lines), 50):
        cells = lines[number].split(",")
        lines[number] = ",".join([*cells[:place], "LS4", *cells[place + 1 :]])
    path = tmp_path / "faulty.csv"
    path.write_text("\n".join(lines), encoding="gb18030")
    return path


def error_file(run: ImportRun) -> bytes:
    return Path(default_storage.path(run.error_file)).read_bytes()


def test_killed_at_every_step_and_gone_on(own_database: str, faulty: Path, network: dict[str, Tenant]) -> None:
    environment = database.process_environment(own_database)

    def step(run: ImportRun, number: int, moment: str = "") -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", WORKER, str(run.pk), str(number), moment]
        return subprocess.run(command, env=environment, cwd=ROOT, timeout=120, capture_output=True, text=True)

    with inside(network["chengdu"]):
        before, run = contents(), upload(faulty, "repair_orders")
        actions.queue(run, now=timezone.now())
        kills = 0
        while True:
            slices = storing.slices_of(run, "apply")
            writes = slices.staged().last
            for moment in ["all written but the commit"] if writes else ["half a slice", "slice done, next not sent"]:
                died = step(run, slices.done(), moment)
                assert died.returncode == -signal.SIGKILL, died.stderr
                kills += 1
                assert contents() == before, moment
                # What was being done is sent again by whoever looks for it.
                assert running.left_alone() == [(run.pk, "apply", slices.done())]
            if writes:
                break
        assert kills == 9
        done = step(run, slices.done())
        assert (done.returncode, done.stdout) == (0, "-1\n"), done.stderr
        run.refresh_from_db()
        after, said = contents(), (run.rows, run.new, run.faulty, run.faults, run.warning_total)
    with inside(network["suzhou"]):
        clean = upload(faulty, "repair_orders")
        actions.queue(clean, now=timezone.now())
        assert running.apply(clean.pk) is not None
        clean.refresh_from_db()
        assert (clean.rows, clean.new, clean.faulty, clean.faults, clean.warning_total) == said
        for table in ("customers_customer", "vehicles_vehicle", "vehicles_repairorder", "owners", "orders"):
            assert after[table] == contents()[table], table
        copy = error_file(clean)
    with inside(network["chengdu"]):
        assert (run.state, error_file(run)) == (State.DONE, copy)
        assert not list(Path(default_storage.path(f"imports/{run.pk}")).glob("slices*"))

"""Files of imports go when nobody needs them any more; the runs stay."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from dms_cases import GOOD_ORDER
from import_support import upload, write_csv

from crm.dms import actions, running, storing, upkeep
from crm.dms.models import ImportRun
from crm.dms.periods import periods
from crm.dms.slices import Begun
from crm.dms.states import State
from sanfang.kernel.ids import uuid7
from tenants.models import Tenant

NOW = timezone.now()
OLD = NOW - timedelta(days=periods().files_days, hours=1)


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def done(in_chengdu: Tenant, tmp_path: Path) -> ImportRun:
    rows = [GOOD_ORDER, {**GOOD_ORDER, "工单号": "RO9", "VIN": "LS4"}]
    run = upload(write_csv(tmp_path / "in.csv", "repair_orders", rows), "repair_orders")
    actions.queue(run, now=NOW)
    assert running.apply(run.pk) is not None
    run.refresh_from_db()
    return run


def files(run: ImportRun) -> list[bool]:
    return [default_storage.exists(name) for name in (run.file, run.error_file)]


def test_the_files_of_an_old_run_go_and_its_counts_stay(done: ImportRun) -> None:
    ImportRun.objects.update(finished_at=OLD)
    assert files(done) == [True, True]
    assert upkeep.tidy(NOW) == 1
    assert files(done) == [False, False]
    assert ImportRun.objects.get(pk=done.pk).faulty == 1
    assert upkeep.tidy(NOW) == 0


def test_a_young_run_keeps_them(done: ImportRun) -> None:
    ImportRun.objects.update(finished_at=OLD + timedelta(hours=2), created_at=OLD)
    assert upkeep.tidy(NOW) == 0
    assert files(done) == [True, True]


@pytest.mark.parametrize("state", [State.CHECKING, State.QUEUED, State.APPLYING])
def test_a_run_under_way_keeps_them_however_old(done: ImportRun, state: State) -> None:
    ImportRun.objects.update(finished_at=OLD, state=state)
    assert upkeep.tidy(NOW) == 0
    assert files(done) == [True, True]


@pytest.mark.parametrize(("state", "stays"), [(State.CANCELLED, False), (State.FAILED, False), (State.APPLYING, True)])
def test_slices_that_nobody_goes_on_with(done: ImportRun, state: State, stays: bool) -> None:
    slices = storing.slices_of(done, "apply")
    slices.begin(Begun(NOW, "", frozenset()))
    folder = next(Path(default_storage.path(f"imports/{done.pk}")).glob("slices-*"))
    ImportRun.objects.update(state=state)
    assert upkeep.tidy(NOW) == 0
    long_ago = time.time() - (periods().slices_days + 1) * upkeep.DAY
    os.utime(folder, (long_ago, long_ago))
    upkeep.tidy(NOW)
    assert folder.exists() == stays


def test_an_upload_whose_run_never_came_to_be(done: ImportRun) -> None:
    """The web process was killed between storing the file and noting it down."""
    kept = [storing.keep(uuid7(), "in.csv", ContentFile(b"x")) for _each in range(2)]
    long_ago = time.time() - (periods().slices_days + 1) * upkeep.DAY
    for name in (kept[0], done.file):
        os.utime(Path(default_storage.path(name)).parent, (long_ago, long_ago))
    assert upkeep.tidy(NOW) == 1
    assert [default_storage.exists(name) for name in (*kept, done.file)] == [False, True, True]

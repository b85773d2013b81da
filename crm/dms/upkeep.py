"""Files of imports that nobody needs any more: uploads, error files, and readings that were never finished."""

import shutil
import time
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import F
from django.db.models.functions import Coalesce

from crm.dms import storing
from crm.dms.models import ImportRun
from crm.dms.periods import periods
from crm.dms.running import WANTED

DAY = 24 * 3600


def tidy(now: datetime) -> int:
    """Deletes the files of runs whose time is past; of how many runs. Repeatable."""
    under_way = [state for states in WANTED.values() for state in states]
    before = now - timedelta(days=periods().files_days)
    old = (
        ImportRun.objects.exclude(state__in=under_way)
        .annotate(ended=Coalesce(F("finished_at"), F("created_at")))
        .filter(ended__lt=before)
        .exclude(file="")
    )
    tidied = 0
    for run in old.iterator(chunk_size=500):
        for name in filter(None, (run.file, run.error_file)):
            storing.forget(name)
        storing.forget_slices(run.pk)
        ImportRun.objects.filter(pk=run.pk).exclude(state__in=under_way).update(file="", error_file="")
        tidied += 1
    return tidied + _stale_slices() + _nobodys()


def _nobodys() -> int:
    """Folders of uploads whose run never came to be: the web process was killed between storing and noting down."""
    before = time.time() - periods().slices_days * DAY
    folders = {path.name: path for path in Path(default_storage.path("imports")).glob("*") if path.is_dir()}
    old = {name for name, path in folders.items() if path.stat().st_mtime < before and _is_run_id(name)}
    gone = old - {str(key) for key in ImportRun.objects.filter(pk__in=old).values_list("pk", flat=True)}
    for name in gone:
        shutil.rmtree(folders[name], ignore_errors=True)
    return len(gone)


def _is_run_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _stale_slices() -> int:
    """Readings that a cancelled or failed run has left because the message that would have ended them was lost."""
    folder = Path(default_storage.path("imports"))
    before = time.time() - periods().slices_days * DAY
    stale = {path.parent.name for path in folder.glob("*/slices-*") if path.stat().st_mtime < before}
    under_way = [state for states in WANTED.values() for state in states]
    gone = stale - {str(key) for key in ImportRun.objects.filter(state__in=under_way).values_list("pk", flat=True)}
    for run_id in gone:
        storing.forget_slices(run_id)
    return len(gone)

"""The code that still runs while a new version's migrations are rolled out works on the schema they leave.

It is taken out of the repository's history: the last release (the newest tag), or as long as there is none the code
as it was before the newest migration came.
"""

import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import database
import pytest

A_DAY = """
import django

django.setup()
from desk_support import a_days_work
from sanfang.tenancy.context import inside
from crm.followups.models import Attempt
from tenants.models import Tenant

chengdu = Tenant.objects.get(slug="chengdu")
a_days_work(chengdu)
with inside(chengdu):
    print("attempts:", Attempt.objects.count())
"""


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=database.ROOT, capture_output=True, check=True).stdout


def _last_version() -> str:
    try:
        if tags := _git("tag", "--list", "--merged", "HEAD", "--sort=-creatordate").decode().split():
            return tags[0]
        newest = _git("log", "-1", "--format=%H", "--", ":(glob)**/migrations/0*.py").decode().strip()
        return _git("rev-parse", "--verify", f"{newest}^").decode().strip()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("the repository's history isn't here: no older code to try")


@pytest.fixture
def old_code(tmp_path: Path) -> Path:
    with tarfile.open(fileobj=BytesIO(_git("archive", _last_version()))) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


def test_the_last_versions_code_does_a_days_work_on_todays_schema(own_database: str, old_code: Path) -> None:
    folders = [old_code, old_code / "platform", old_code / "tests"]
    done = subprocess.run(
        [sys.executable, "-c", A_DAY],
        cwd=old_code,
        env={**database.process_environment(own_database), "PYTHONPATH": ":".join(map(str, folders))},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout.rsplit("attempts:", 1)[1]) > 0

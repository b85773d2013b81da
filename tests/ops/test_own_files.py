"""Processes of tests that run side by side share no files, and those that a test starts share its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings


def media_of(**environment: str) -> Path:
    told = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.MEDIA_ROOT)"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "sanfang.settings.test", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(told.stdout.strip())


def test_a_process_that_a_test_starts_shares_its_files() -> None:
    assert media_of() == settings.MEDIA_ROOT


@pytest.mark.parametrize("neighbour", ["gw98", "gw99"])
def test_a_process_of_tests_beside_this_one_has_files_of_its_own(neighbour: str) -> None:
    theirs = media_of(PYTEST_XDIST_WORKER=neighbour)
    assert theirs != settings.MEDIA_ROOT
    assert not theirs.exists(), "and leaves none behind"

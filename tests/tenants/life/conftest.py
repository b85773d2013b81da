import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from life_support import fill
from rollout_support import later as later

from tenants.models import Tenant


@pytest.fixture(scope="module", autouse=True)
def own_media(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A storage of the module's own, for the processes that it starts as well."""
    before = settings.MEDIA_ROOT
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    os.environ["MEDIA_ROOT"] = str(settings.MEDIA_ROOT)
    yield settings.MEDIA_ROOT
    settings.MEDIA_ROOT = before
    os.environ["MEDIA_ROOT"] = str(before)


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands speak the terminal's language."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")


@pytest.fixture(scope="module")
def filled(own_database: str, own_media: Path) -> None:
    fill({tenant.slug: tenant for tenant in Tenant.objects.all()})

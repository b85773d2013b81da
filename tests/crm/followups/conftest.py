from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from crm.store.models import Store
from sanfang.kernel.permissions import Actor
from tenants.models import Tenant


@pytest.fixture
def place(in_chengdu: Tenant) -> Any:
    """Inside the store of Chengdu, live since 2026-01-01 and not changed since."""
    Store.objects.update(go_live=date(2026, 1, 1), changed_at=datetime(2026, 1, 1, tzinfo=UTC))
    return Store.objects.get()


@pytest.fixture
def li(actor: Callable[[str], Actor]) -> Any:
    return actor("李娜")


@pytest.fixture
def zhou(actor: Callable[[str], Actor]) -> Any:
    return actor("周思颖")

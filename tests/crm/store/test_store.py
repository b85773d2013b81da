from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils import timezone

from crm.store import actions, queries
from crm.store.models import Store
from sanfang.kernel.errors import DomainError
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def not_open_yet(in_chengdu: Tenant) -> None:
    Store.objects.all().delete()


OPENED = datetime(2026, 1, 1, tzinfo=UTC)


def open_store(**settings: Any) -> Any:
    return actions.open_store(go_live=date(2026, 1, 1), now=OPENED, **settings)


def test_facts_are_one_statement(in_chengdu: Tenant, django_assert_num_queries: Any) -> None:
    open_store(closed_days=["2026-02-17"])
    with django_assert_num_queries(1):
        facts = queries.store()
    assert facts.pack.id == "changan-dcrc"
    assert facts.go_live == date(2026, 1, 1)
    assert facts.short_name == in_chengdu.short_name
    assert facts.calendar.next_open_day(date(2026, 2, 17)) == date(2026, 2, 18)


def test_opening_twice_changes_nothing(in_chengdu: Tenant) -> None:
    first = open_store()
    again = actions.open_store(go_live=date(2026, 1, 1), now=timezone.now())
    assert (again.pk, again.changed_at) == (first.pk, OPENED)
    assert Store.objects.count() == 1


def test_a_changed_setting_moves_the_time_of_change(in_chengdu: Tenant) -> None:
    open_store()
    later = datetime(2026, 3, 1, tzinfo=UTC)
    changed = actions.open_store(
        go_live=date(2026, 1, 1), opening_hours={"sun": None}, closed_days=[date(2026, 5, 1)], now=later
    )
    assert changed.changed_at == later
    assert changed.closed_days == ["2026-05-01"]
    assert Store.objects.get().opening_hours == {"sun": None}


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"opening_hours": ["18:00", "09:00"]}, "opening_hours"),
        ({"opening_hours": dict.fromkeys(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])}, "opening_hours"),
        ({"opening_hours": {"someday": ["08:30", "17:30"]}}, "opening_hours"),
        ({"closed_days": ["2026-02-30"]}, "closed_days"),
    ],
)
def test_settings_no_store_can_have_are_refused(in_chengdu: Tenant, settings: Any, code: Any) -> None:
    with pytest.raises(DomainError) as refused:
        open_store(**settings)
    assert refused.value.code == code
    assert not Store.objects.exists()


def test_a_store_that_is_not_open_says_so(in_chengdu: Tenant) -> None:
    assert not queries.is_open()
    with pytest.raises(DomainError):
        queries.store()

"""`manage.py tenant create`: what can't be is said in one sentence, and leaves nothing behind."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from tenants.models import Domain, PooledSchema, Tenant, reserved_slugs
from tenants.provisioning import refill

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands speak the terminal's language."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")


def create(slug: str, **options: str) -> None:
    call_command("tenant", "create", "group", slug, "某集团", stdout=StringIO(), **options)


def kept() -> Any:
    with connections["provisioner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace")
        schemas = cursor.fetchone()
    tables = (Tenant, Domain, PooledSchema)
    return schemas, [list(table.objects.order_by("pk").values()) for table in tables]


@pytest.mark.parametrize(
    ("slug", "options", "said"),
    [
        ("fine", {"time_zone": "Asia/Chengdu"}, "没有“Asia/Chengdu”这个时区"),
        ("fine", {"time_zone": "Asia"}, "时区"),
        ("fine", {"time_zone": "../../etc/passwd"}, "时区"),
        ("fine", {"time_zone": ""}, "."),
        ("fine", {"time_zone": "x" * 41}, "."),
        ("www", {}, "标识“www”留给平台使用"),
        ("api", {}, "标识“api”留给平台使用"),
        ("chengdu", {}, "标识“chengdu”已被使用"),
    ],
)
@pytest.mark.parametrize("pool", [0, 1])
def test_what_cannot_be_is_said_and_keeps_nothing(slug: str, options: dict[str, str], said: str, pool: int) -> None:
    PooledSchema.objects.filter(kind="group").delete()
    refill("group", size=pool)
    before = kept()
    with pytest.raises(CommandError, match=said):
        create(slug, **options)
    assert kept() == before


@pytest.mark.parametrize("slug", sorted(reserved_slugs()))
def test_the_platforms_own_names_are_nobodys(slug: str) -> None:
    with pytest.raises(CommandError):
        create(slug)
    assert not Tenant.objects.filter(slug=slug).exclude(kind="public").exists()


def test_the_expected_names_are_reserved() -> None:
    assert {"www", "api", "admin", "static", "app", "mail"} <= reserved_slugs()

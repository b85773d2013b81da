"""The pool under pressure: many sign-ups at once, and makers that die."""

import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import database
import pytest
from django.db import connections, transaction

from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import Staff
from sanfang.tenancy.rollout import fleet
from tenants import provisioning
from tenants.models import PooledSchema, Tenant
from tenants.queries import tenant_of_host
from tenants.templates import template_of

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture(autouse=True)
def nothing_left(own_database: str) -> None:
    """What an earlier test left in the making, or in the pool, isn't this one's."""
    provisioning.reap()
    PooledSchema.objects.filter(kind="group").update(kind="oem")


def claim(slug: str, kind: str = "group") -> Tenant | str:
    """The tenant, or the code of the refusal."""
    try:
        return provisioning.claim(kind=kind, slug=slug, name=f"{slug}汽车集团", short_name=slug)
    except DomainError as error:
        return error.code
    finally:
        for alias in connections:
            connections[alias].close()


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def schemas() -> set[str]:
    with connections["provisioner"].cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%'")
        return {row[0] for row in cursor.fetchall()}


def role_exists(name: str) -> bool:
    with connections["provisioner"].cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [name])
        return bool(cursor.fetchone()[0])


def accounted_for() -> set[str]:
    templates = {template_of(kind) for kind in provisioning.TENANT_KINDS}
    pool = PooledSchema.objects.values_list("schema_name", flat=True)
    live = Tenant.objects.exclude(kind="public").values_list("schema_name", flat=True)
    return {*templates, *pool, *live}


def test_twenty_at_once_get_twenty_tenants() -> None:
    """Some are ready, the others are made on the spot, of two kinds at once."""
    provisioning.refill("group", size=4)
    provisioning.refill("dealer", size=4)
    found = at_once(20, lambda number: claim(f"many-{number}", ("group", "dealer")[number % 2]))
    assert all(isinstance(one, Tenant) for one in found), found
    assert len({one.schema_name for one in found}) == 20
    assert not PooledSchema.objects.filter(ready=False).exists()
    assert schemas() == accounted_for()
    for tenant in found:
        with inside(tenant):
            assert Staff.objects.count() == 0


def test_one_identifier_for_many_goes_to_one() -> None:
    provisioning.refill("group", size=6)
    found = at_once(6, lambda _number: claim("wanted"))
    assert [type(one) for one in found].count(Tenant) == 1
    assert found.count("slug_taken") == 5
    assert PooledSchema.objects.filter(kind="group", ready=True).count() == 5


DYING = """
import os, signal, django
django.setup()
from tenants import provisioning, signals
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
def then_die(done):
    def both(*args, **kwargs):
        done(*args, **kwargs)
        die()
    return both
{patch}
provisioning.claim(kind="group", slug="{slug}", name="某集团", short_name="某集团")
"""
MOMENTS = {
    "before the schema": "provisioning.make_schema = die",
    "after the schema": "provisioning.make_schema = then_die(provisioning.make_schema)",
    "before the tables": "provisioning.replay = die",
    "after the tables": "provisioning.replay = then_die(provisioning.replay)",
    "before it is handed out": "provisioning._hand_out = lambda waiting, **d: die() if waiting.exists() else None",
    "while it is handed out": "signals.tenant_opened.connect(die, weak=False)",
}


@pytest.mark.kill
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_maker_killed_at_any_step_leaves_nothing(own_database: str, moment: str) -> None:
    before, slug = schemas(), f"unlucky-{list(MOMENTS).index(moment)}"
    maker = subprocess.run(
        [sys.executable, "-c", DYING.format(patch=MOMENTS[moment], slug=slug)],
        env=database.process_environment(own_database),
        capture_output=True,
        text=True,
    )
    assert maker.returncode == -signal.SIGKILL, maker.stderr
    assert not Tenant.objects.filter(slug=slug).exists()
    (row,) = PooledSchema.objects.filter(ready=False)
    assert provisioning.reap() == [row.schema_name]
    assert schemas() == before == accounted_for()
    assert not role_exists(row.schema_name)
    assert provisioning.reap() == []
    assert isinstance(claim(slug), Tenant)


def test_what_is_being_made_is_left_to_its_maker() -> None:
    with provisioning.being_made("group") as row:
        assert at_once(1, lambda _number: _reaped()) == [[]]
        assert row.schema_name in schemas()
    assert provisioning.reap() == [row.schema_name]


def _reaped() -> list[str]:
    try:
        return provisioning.reap()
    finally:
        for alias in connections:
            connections[alias].close()


def test_while_migrations_are_at_work_an_empty_pool_says_so() -> None:
    with fleet.alone():
        assert at_once(1, lambda _number: claim("too-early")) == ["pool_empty"]
    assert not Tenant.objects.filter(slug="too-early").exists()


def test_who_refills_beside_others_makes_no_more_than_are_missing() -> None:
    def refill(_number: int) -> int:
        try:
            return provisioning.refill("group", size=2)
        finally:
            connections.close_all()

    assert sum(at_once(3, refill)) == 2


def test_a_code_that_another_tenant_has_is_drawn_again(monkeypatch: pytest.MonkeyPatch, chengdu: Tenant) -> None:
    drawn = iter([chengdu.code, chengdu.code, "zz9z"])
    monkeypatch.setattr("tenants.models.short_code", lambda length: next(drawn))
    claimed = claim("taizhou")
    assert isinstance(claimed, Tenant)
    assert claimed.code == "zz9z"
    monkeypatch.setattr("tenants.models.short_code", lambda length: chengdu.code)
    assert claim("huzhou") == "slug_taken"
    assert not Tenant.objects.filter(slug="huzhou").exists()


def test_who_asks_while_a_store_signs_up_is_not_told_for_long_that_it_isnt_there() -> None:
    """Its address is looked up (and remembered) by others before the sign-up is committed."""

    def asked_elsewhere() -> Tenant | None:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: tenant_of_host("yangzhou.localhost")).result()

    with transaction.atomic():
        claimed = provisioning.claim(kind="group", slug="yangzhou", name="扬州汽车集团", short_name="扬州")
        assert asked_elsewhere() is None
    assert asked_elsewhere() == claimed

"""Every address × every role × another tenant's ids: what isn't yours is 404 or 403, and nothing changes."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from address_table import TABLE, Row, routes
from care_support import everything
from django.conf import settings
from django.test import Client
from django.urls import reverse

from sanfang.kernel.ids import uuid7
from sanfang.tenancy.context import inside
from tenants.models import Membership, Tenant
from tenants.roles import roles

SLUGS = {"dealer": "chengdu", "group": "yuanting", "oem": "lanchuan"}
KEYED = [(kind, name) for kind, table in TABLE.items() if kind != "public" for name, row in table.items() if row.make]
ROWS = [(kind, name) for kind, table in TABLE.items() if kind != "public" for name in table]


@pytest.mark.parametrize("kind", TABLE)
def test_every_route_has_a_row_and_every_row_a_route(kind: str) -> None:
    assert {name for name, _pattern in routes(kind)} == set(TABLE[kind])


@pytest.mark.parametrize("kind", TABLE)
def test_a_route_with_an_id_says_how_to_make_one(kind: str) -> None:
    for name, pattern in routes(kind):
        assert bool(TABLE[kind][name].make) == ("uuid:" in str(pattern.pattern)), name


def _address(kind: str, name: str, key: Any = None) -> str:
    return reverse(name, urlconf=settings.TENANT_TYPES[kind]["URLCONF"], args=[key] if key else [])


def _ask(client: Client, row: Row, address: str) -> int:
    return int(getattr(client, row.method)(address, row.words()).status_code)


def _person(tenant: Tenant, row: Row, allowed: bool = True) -> str | None:
    """Somebody of this tenant whose role has (or hasn't) what the row asks for."""
    for membership in Membership.objects.filter(tenant=tenant, ended_at=None).select_related("user").order_by("pk"):
        may = not row.capabilities or bool(roles()[membership.role].capabilities & set(row.capabilities))
        if may == allowed:
            return str(membership.user.name)
    return None


def _changed(tenants: list[Tenant], act: Callable[[], Any]) -> dict[str, Any]:
    def state() -> dict[str, Any]:
        found: dict[str, Any] = {}
        for tenant in tenants:
            with inside(tenant):
                found[tenant.slug] = everything()
        found["memberships"] = list(Membership.objects.order_by("pk").values_list("pk", "ended_at"))
        return found

    before = state()
    act()
    after = state()
    return {place: table for place, table in after.items() if before[place] != table}


@pytest.mark.parametrize(("kind", "name"), KEYED)
def test_another_tenants_id_is_not_found_and_nothing_changes(
    network: dict[str, Tenant], client_of: Callable[[str], Client], kind: str, name: str
) -> None:
    row, own = TABLE[kind][name], network[SLUGS[kind]]
    other = network["suzhou" if kind == "dealer" else "chengdu"]
    person = _person(own, row)
    assert person
    client = client_of(person)
    with inside(other):
        key = TABLE["dealer"][name].make()  # type: ignore[misc]
    answers = []
    changed = _changed([own, other], lambda: answers.append(_ask(client, row, _address(kind, name, key))))
    assert answers == [404]
    assert not changed
    for unknown in (uuid7(), uuid4()):
        assert _ask(client, row, _address(kind, name, unknown)) == 404


@pytest.mark.usefixtures("at_ten")
@pytest.mark.parametrize(("kind", "name"), KEYED)
def test_the_same_request_works_for_its_own_tenant(
    network: dict[str, Tenant], client_of: Callable[[str], Client], kind: str, name: str
) -> None:
    """Without this the test above would pass on an address that never works."""
    row, own = TABLE[kind][name], network[SLUGS[kind]]
    able = [
        one
        for one in Membership.objects.filter(tenant=own, ended_at=None).select_related("user")
        if roles()[one.role].capabilities & set(row.capabilities)
    ]
    with inside(own):
        keys = {one: row.key_for(one.user.name) for one in able[:2]}
    # Nobody removes themselves.
    person, key = next((one.user.name, key) for one, key in keys.items() if key != one.staff_id)
    assert _ask(client_of(person), row, _address(kind, name, key)) in {200, 204, 302}


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_every_role_gets_what_the_table_says(
    network: dict[str, Tenant], client_of: Callable[[str], Client], kind: str, name: str
) -> None:
    row, own = TABLE[kind][name], network[SLUGS[kind]]
    people = {
        one.role: one.user.name
        for one in Membership.objects.filter(tenant=own, ended_at=None).select_related("user").order_by("-pk")
    }
    assert set(people) == {key for key, role in roles().items() if kind in role.kinds}
    for role, person in people.items():
        with inside(own):
            key = row.key_for(person)
        allowed = not row.capabilities or bool(roles()[role].capabilities & set(row.capabilities))
        client = client_of(person)
        address = _address(kind, name, key)
        if allowed:
            assert _ask(client, row, address) not in {401, 403, 404, 500}, role
        else:
            answers: list[int] = []
            changed = _changed([own], lambda c=client, a=address, got=answers: got.append(_ask(c, row, a)))  # type: ignore[misc]
            assert answers == [403], role
            assert not changed, role


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_a_visitor_is_sent_to_sign_in(network: dict[str, Tenant], kind: str, name: str) -> None:
    row = TABLE[kind][name]
    visitor = Client(SERVER_NAME=f"{SLUGS[kind]}.localhost")
    answer = getattr(visitor, row.method)(_address(kind, name, uuid7() if row.make else None))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_the_operators_page_is_for_operators(network: dict[str, Tenant], client_of: Callable[..., Client]) -> None:
    assert client_of(None, host="localhost").get("/tenants/").status_code == 302
    assert client_of("方以宁").get("/tenants/").status_code == 200
    lina = client_of("李娜")
    assert lina.get("/tenants/", headers={"host": "localhost"}).status_code == 302


def test_a_regional_manager_sees_the_dealers_of_their_region_only(
    network: dict[str, Tenant], client_of: Callable[[str], Client]
) -> None:
    east = client_of("高明远").get("/dealers/").content.decode()
    assert network["suzhou"].name in east
    assert network["chengdu"].name not in east
    everywhere = client_of("姜书恒").get("/dealers/").content.decode()
    assert network["suzhou"].name in everywhere
    assert network["chengdu"].name in everywhere


def test_a_group_sees_its_own_stores_only(network: dict[str, Tenant], client_of: Callable[[str], Client]) -> None:
    page = client_of("段景行").get("/stores/").content.decode()
    assert network["chengdu"].name in page
    assert network["suzhou"].name not in page
    # No way into a store where a group head has no account.
    assert "chengdu." not in page
    assert "加入集团" in page

"""A suspended store, and one that has left: sessions, links, tasks and people find the door closed."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from life_support import rows_of

from crm.customers.models import Customer
from sanfang.celery import app
from sanfang.messaging.models import Message
from sanfang.messaging.secrets import unseal
from sanfang.tenancy.context import inside
from sanfang.tenancy.tasks import TENANT, for_each_tenant, tenant_task
from tenants.actions import resume, suspend
from tenants.life.work import deed
from tenants.models import State, Tenant

pytestmark = pytest.mark.usefixtures("own_database", "filled")
RAN: list[str] = []


@tenant_task(name="tests.write_something")
def write_something() -> None:
    RAN.append("ran")
    Customer.objects.create(name="不该有的")


@pytest.fixture(autouse=True)
def done_at_once() -> Iterator[None]:
    RAN.clear()
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager = app.conf.task_eager_propagates = False


@pytest.fixture
def link(chengdu: Tenant) -> str:
    with inside(chengdu):
        message = Message.objects.filter(purpose="survey_link").latest("pk")
        return f"/s/{unseal(message.sealed)}"


@pytest.fixture
def signed_in(client_of: Callable[..., Client]) -> Client:
    client = client_of("李娜")
    assert client.get("/complaints/").status_code == 200
    return client


def closed_in_every_way(tenant: Tenant, client: Client, link: str, link_says: int) -> None:
    before = rows_of(tenant.schema_name)
    for address in ("/", "/complaints/", "/accounts/login/"):
        assert client.get(address).status_code == 403, address
    posted = client.post("/accounts/login/", {"login": "lina@example.com", "password": "x"})
    assert posted.status_code == 403
    public = Client(SERVER_NAME="localhost")
    assert public.get(link).status_code == link_says
    assert public.post(link, {"overall": "5"}).status_code == link_says
    assert public.get(f"{link[:-1]}{'2' if link[-1] != '2' else '3'}").status_code == 404, "none but a whole link tells"
    write_something.later_for(tenant.schema_name)
    write_something(**{TENANT: tenant.schema_name})
    for_each_tenant(write_something, {"dealer"})
    assert RAN == ["ran"], "the other dealer's alone"
    assert rows_of(tenant.schema_name) == before


def test_a_suspended_store_is_closed_and_what_was_there_works_again(
    chengdu: Tenant, signed_in: Client, link: str
) -> None:
    assert Client(SERVER_NAME="localhost").get(link).status_code == 200, "or nothing is proved below"
    suspend(chengdu)
    closed_in_every_way(chengdu, signed_in, link, 403)
    paused = Client(SERVER_NAME="localhost").get(link).content.decode()
    assert "暂时不能填写" in paused
    assert f"tel:{chengdu.phone}" in paused
    page = signed_in.get("/").content.decode()
    assert "服务已停用" in page
    assert "已退出（数据保管中）" not in page
    resume(chengdu)
    assert signed_in.get("/complaints/").status_code == 200
    assert Client(SERVER_NAME="localhost").get(link).status_code == 200
    write_something(**{TENANT: chengdu.schema_name})
    assert RAN == ["ran", "ran"]


def test_closed_for_a_while_it_opens_again_after_an_error(chengdu: Tenant, signed_in: Client) -> None:
    with pytest.raises(ZeroDivisionError), deed(chengdu, "restore", "x", close=True, stamp="0"):
        assert signed_in.get("/complaints/").status_code == 403
        raise ZeroDivisionError
    assert signed_in.get("/complaints/").status_code == 200


def test_a_store_that_is_leaving_says_so_and_nothing_else(chengdu: Tenant, signed_in: Client, link: str) -> None:
    Tenant.objects.filter(pk=chengdu.pk).update(state=State.LEAVING)
    Tenant.objects.get(pk=chengdu.pk).save()
    closed_in_every_way(chengdu, signed_in, link, 404)
    page = signed_in.get("/").content.decode()
    assert "已退出（数据保管中）" in page
    assert "服务已停用" not in page
    Tenant.objects.filter(pk=chengdu.pk).update(state=State.READY)
    Tenant.objects.get(pk=chengdu.pk).save()

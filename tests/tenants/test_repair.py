"""A store whose migration failed can be looked at and not changed; the others notice nothing."""

from collections.abc import Callable, Iterator

import database
import psycopg
import pytest
from address_table import a_call, an_upload
from care_support import SATISFIED, a_customer, invite, posted
from django.db import InternalError, connection, connections, transaction
from django.test import Client
from django.utils import timezone

from crm.customers.models import Customer
from crm.dms.actions import apply, receive
from crm.dms.models import ImportRun
from crm.dms.tasks import resume
from crm.followups.models import Hold
from crm.surveys.models import Response
from sanfang.celery import app
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import at_door, door, inside
from sanfang.tenancy.repair import UnderRepair
from sanfang.tenancy.tasks import TENANT, for_each_tenant, tenant_task
from tenants.models import Tenant, User
from tenants.queries import forget_tenants

pytestmark = pytest.mark.usefixtures("own_database")
REASON = "OperationalError: canceling statement due to lock timeout"
SEEN: list[str] = []


@tenant_task(name="tests.tidy")
def tidy() -> None:
    SEEN.append(str(connection.schema_name))  # type: ignore[attr-defined]


def mark(reason: str) -> Tenant:
    Tenant.objects.filter(slug="suzhou").update(behind=reason)
    forget_tenants()
    found: Tenant = Tenant.objects.get(slug="suzhou")
    return found


@pytest.fixture
def behind(network: dict[str, Tenant]) -> Iterator[Tenant]:
    SEEN.clear()
    yield mark(REASON)
    mark("")


@pytest.fixture
def done_at_once() -> Iterator[None]:
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager = app.conf.task_eager_propagates = False


@pytest.fixture
def xu(client_of: Callable[[str], Client]) -> Client:
    return client_of("徐梦婷")


def test_pages_can_be_looked_at_and_say_what_is_the_matter(behind: Tenant, client_of: Callable[[str], Client]) -> None:
    for person, sees_why in (("徐梦婷", False), ("顾永康", True)):
        page = client_of(person).get("/complaints/")
        assert page.status_code == 200
        assert "正在修复" in page.content.decode()
        assert (REASON in page.content.decode()) == sees_why, person
    assert "正在修复" not in client_of("李娜").get("/complaints/").content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}, {"X-Requested-With": "fetch"}])
def test_nothing_can_be_sent_and_nothing_changes(behind: Tenant, xu: Client, headers: dict[str, str]) -> None:
    with inside(behind):
        before = ImportRun.objects.count()
    assert xu.post("/imports/new/", headers=headers).status_code == 503, "before it is looked into"
    answer = xu.post("/imports/new/", {"kind": "repair_orders", "file": an_upload()}, headers=headers)
    assert (answer.status_code, answer["Retry-After"]) == (503, "120")
    assert "没有丢失" in answer.content.decode()
    assert answer["Content-Type"].startswith("text/plain" if headers else "text/html")
    with inside(behind):
        assert ImportRun.objects.count() == before


def test_the_refusal_is_in_the_readers_language(behind: Tenant, xu: Client) -> None:
    xu.post("/preferences/language/", {"language": "en"})
    assert "Nothing has been lost" in xu.post("/imports/new/").content.decode()


def test_signing_in_and_out_and_preferences_work(behind: Tenant, xu: Client) -> None:
    assert xu.post("/preferences/", {"theme": "dark"}).status_code == 302
    assert xu.post("/accounts/logout/").status_code == 302
    assert xu.get("/complaints/").status_code == 302
    assert Client(SERVER_NAME="suzhou.localhost").post("/accounts/login/", {}).status_code == 200


def test_another_store_isnt_concerned(
    behind: Tenant, client_of: Callable[[str], Client], network: dict[str, Tenant]
) -> None:
    with inside(network["chengdu"]):
        call = a_call()
    assert client_of("李娜").post(f"/workbench/{call}/hold/").status_code == 302
    with inside(network["chengdu"]):
        assert Hold.objects.exists()


def test_the_database_itself_refuses(behind: Tenant) -> None:
    def insert() -> None:
        Customer.objects.create(name="谁")

    with pytest.raises(UnderRepair), inside(behind):
        insert()
    with pytest.raises(UnderRepair), inside(behind), transaction.atomic():
        insert()
    with pytest.raises(UnderRepair), transaction.atomic(), inside(behind):
        insert()
    with inside(behind):
        with pytest.raises(InternalError), connection.cursor() as cursor:
            cursor.execute("UPDATE customers_customer SET name = 'x'")
        assert not Customer.objects.filter(name__in=["谁", "x"]).exists()
    assert at_door()


def test_the_first_statement_on_a_connection_is_refused_too(behind: Tenant) -> None:
    connection.close()
    with pytest.raises(UnderRepair), inside(behind), transaction.atomic():
        Customer.objects.create(name="谁")
    connection.close()
    with pytest.raises(UnderRepair), transaction.atomic():
        assert Tenant.objects.exists()
        with inside(behind):
            Customer.objects.create(name="谁")
    connection.close()
    with pytest.raises(UnderRepair), transaction.atomic(), inside(behind):
        Customer.objects.create(name="谁")


def test_the_same_connection_writes_elsewhere_straight_afterwards(behind: Tenant, chengdu: Tenant) -> None:
    def look() -> None:
        with inside(behind):
            assert not Customer.objects.filter(name="谁").exists()

    def look_in_a_transaction() -> None:
        with transaction.atomic():
            look()

    for before in (look, look_in_a_transaction):
        before()
        with inside(chengdu), transaction.atomic():
            Customer.objects.create(name="谁").delete()
        before()
        with inside(chengdu):
            Customer.objects.create(name="谁").delete()
        before()
        with transaction.atomic(), inside(chengdu):
            Customer.objects.create(name="谁").delete()
        before()
        with door(), transaction.atomic():
            assert User.objects.filter(name="徐梦婷").update(language="zh-hans") == 1
        before()
        assert User.objects.filter(name="徐梦婷").update(language="zh-hans") == 1


def test_entering_costs_one_statement_as_ever(behind: Tenant, chengdu: Tenant) -> None:
    for tenant in (behind, chengdu):
        with inside(tenant), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('default_transaction_read_only')")
            assert cursor.fetchone()[0] == ("on" if tenant == behind else "off")


@pytest.fixture
def without_a_column(own_database: str) -> Iterator[None]:
    """What code ahead of its schema finds: a column isn't there yet, in suzhou only."""
    with connections["provisioner"].cursor() as cursor:
        cursor.execute('ALTER TABLE t_cast_suzhou.complaints_complaint RENAME COLUMN "number" TO later')
        yield
        cursor.execute('ALTER TABLE t_cast_suzhou.complaints_complaint RENAME COLUMN later TO "number"')


def test_a_page_that_needs_what_isnt_there_yet_says_the_same(
    behind: Tenant, xu: Client, without_a_column: None
) -> None:
    answer = xu.get("/complaints/")
    assert answer.status_code == 503
    assert "正在修复" in answer.content.decode()


def test_in_a_healthy_store_a_missing_column_stays_an_error(xu: Client, without_a_column: None) -> None:
    xu.raise_request_exception = False
    assert xu.get("/complaints/").status_code == 500


def test_a_customers_answer_is_put_off_and_taken_afterwards(suzhou: Tenant) -> None:
    with inside(suzhou):
        _invitation, code = invite(a_customer(), now=timezone.now())
    visitor = Client(SERVER_NAME="localhost")
    mark(REASON)
    assert visitor.get(f"/s/{code}").status_code == 200
    assert visitor.post(f"/s/{code}", posted(SATISFIED)).status_code == 503
    assert at_door()
    with inside(mark("")):
        assert not Response.objects.exists()
    assert visitor.post(f"/s/{code}", posted(SATISFIED)).status_code == 302
    with inside(suzhou):
        assert Response.objects.count() == 1


def test_tasks_leave_it_out_and_go_on_when_it_has_been_made_good(
    behind: Tenant, network: dict[str, Tenant], caplog: pytest.LogCaptureFixture, done_at_once: None
) -> None:
    tidy(**{TENANT: behind.schema_name})
    assert SEEN == []
    assert "under repair" in caplog.text
    assert for_each_tenant(tidy, {"dealer"}) == 1
    assert [network["chengdu"].schema_name] == SEEN
    mark("")
    assert for_each_tenant(tidy, {"dealer"}) == 2


def test_an_import_that_was_waiting_goes_on_afterwards(
    suzhou: Tenant, actor: Callable[[str], Actor], done_at_once: None
) -> None:
    xu = actor("徐梦婷")
    with inside(suzhou):
        run = receive(xu, kind="repair_orders", filename="工单.csv", content=an_upload(), now=timezone.now())
        with transaction.atomic():
            apply(xu, run, now=timezone.now())
            # A rollout fails here between the click and its task, which is sent at the commit.
            with psycopg.connect(admin_url_of(connection.settings_dict["NAME"]), autocommit=True) as admin:
                admin.execute("UPDATE tenants_tenant SET behind = 'x' WHERE slug = 'suzhou'")
        run.refresh_from_db()
        assert run.state == "queued"
    mark("")
    resume.later_for(suzhou.schema_name)
    with inside(suzhou):
        run.refresh_from_db()
        assert run.state == "done"


def admin_url_of(database_name: str) -> str:
    return f"{database.admin_url().rsplit('/', 1)[0]}/{database_name}"

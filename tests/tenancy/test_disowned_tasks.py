"""What somebody started isn't carried out once they have left; what nobody started goes on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from address_table import an_upload
from django.core.files.storage import default_storage
from django.utils import timezone

from crm.customers.models import Customer
from crm.dms import tasks as dms
from crm.dms.actions import apply, receive
from crm.dms.models import ImportRun
from sanfang.celery import app
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import current_schema, inside
from sanfang.tenancy.models import Staff
from sanfang.tenancy.tasks import ASKED_BY, for_each_tenant, on_behalf_of, tenant_task
from tenants.actions import add_member, end_membership
from tenants.models import Tenant, User

pytestmark = pytest.mark.usefixtures("own_database")
SEEN: list[str] = []


@tenant_task(name="tests.sweep")
def sweep() -> None:
    SEEN.append(f"sweep in {current_schema()}")


@tenant_task(name="tests.chore", disowned=lambda what: SEEN.append(f"no {what} in {current_schema()}"))
def chore(what: str) -> None:
    SEEN.append(f"{what} in {current_schema()}")
    if what == "two steps":
        chore.later("second step")


@pytest.fixture
def lina(network: dict[str, Tenant], actor: Callable[[str], Actor]) -> Iterator[Actor]:
    """A member at the beginning of each test, whatever the one before did."""
    SEEN.clear()
    user = User.objects.get(name="李娜")
    yield actor_of_member(network["chengdu"], user, actor)
    User.objects.filter(pk=user.pk).update(is_active=True)
    add_member(network["chengdu"], user, "crc_specialist")


def actor_of_member(tenant: Tenant, user: User, actor: Callable[[str], Actor]) -> Actor:
    add_member(tenant, user, "crc_specialist")
    return actor("李娜")


class Queue:
    """Keeps what is sent until :meth:`work`."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = []

    def work(self) -> None:
        while self.sent:
            task, args, kwargs = self.sent.pop(0)
            before = app.conf.task_always_eager
            app.conf.task_always_eager = app.conf.task_eager_propagates = True
            try:
                task.apply(args=args, kwargs=kwargs)
            finally:
                app.conf.task_always_eager = app.conf.task_eager_propagates = before


@pytest.fixture
def queue() -> Iterator[Queue]:
    kept = Queue()

    def keep(task: Any, args: Any = (), kwargs: Any = None, **options: Any) -> None:
        kept.sent.append((task, args, kwargs))

    with mock.patch("celery.app.task.Task.apply_async", autospec=True, side_effect=keep):
        yield kept


def leave(tenant: Tenant, who: Actor, actor: Callable[[str], Actor]) -> None:
    with inside(tenant):
        end_membership(actor("陈雅婷"), tenant, who.staff_id, timezone.now())


def test_a_task_of_somebody_who_left_is_refused_in_its_tenant(
    chengdu: Tenant, lina: Actor, actor: Callable[[str], Actor], queue: Queue
) -> None:
    with inside(chengdu, actor=str(lina.staff_id)):
        chore.later("work")
        sweep.later()
    assert [kwargs[ASKED_BY] for _task, _args, kwargs in queue.sent] == [str(lina.staff_id)] * 2
    leave(chengdu, lina, actor)
    queue.work()
    assert [f"no work in {chengdu.schema_name}"] == SEEN


def test_a_task_of_somebody_who_stays_is_done(chengdu: Tenant, lina: Actor, queue: Queue) -> None:
    with inside(chengdu, actor=str(lina.staff_id)):
        chore.later("work")
    queue.work()
    assert [f"work in {chengdu.schema_name}"] == SEEN


def test_a_closed_account_is_like_an_ended_membership(chengdu: Tenant, lina: Actor, queue: Queue) -> None:
    with inside(chengdu, actor=str(lina.staff_id)):
        chore.later("work")
    User.objects.filter(name="李娜").update(is_active=False)
    queue.work()
    assert [f"no work in {chengdu.schema_name}"] == SEEN


def test_membership_elsewhere_doesnt_count(chengdu: Tenant, suzhou: Tenant, lina: Actor, queue: Queue) -> None:
    with inside(suzhou), on_behalf_of(str(lina.staff_id)):
        chore.later("work")
    queue.work()
    assert [f"no work in {suzhou.schema_name}"] == SEEN


def test_what_a_task_sends_on_is_still_whose_it_was(
    chengdu: Tenant, lina: Actor, actor: Callable[[str], Actor], queue: Queue
) -> None:
    with inside(chengdu, actor=str(lina.staff_id)):
        chore.later("two steps")
    task, args, kwargs = queue.sent.pop()
    task.apply(args=args, kwargs=kwargs)
    leave(chengdu, lina, actor)
    queue.work()
    assert [f"two steps in {chengdu.schema_name}", f"no second step in {chengdu.schema_name}"] == SEEN


def test_what_the_platform_sends_is_nobodys(
    network: dict[str, Tenant], lina: Actor, actor: Callable[[str], Actor], queue: Queue
) -> None:
    with inside(network["chengdu"], actor=str(lina.staff_id)):
        for_each_tenant(sweep, {"dealer"})
    leave(network["chengdu"], lina, actor)
    queue.work()
    assert sorted(SEEN) == ["sweep in t_cast_chengdu", "sweep in t_cast_suzhou"]


@pytest.mark.parametrize("lost", [False, True])
def test_an_import_of_somebody_who_left_says_so_and_writes_nothing(
    chengdu: Tenant, lina: Actor, actor: Callable[[str], Actor], queue: Queue, lost: bool
) -> None:
    """Also when its message was lost and the scheduler finds it by its state."""
    with inside(chengdu, actor=str(lina.staff_id)):
        run = receive(lina, kind="repair_orders", filename="工单.csv", content=an_upload(), now=timezone.now())
        apply(lina, run, now=timezone.now())
        before = Customer.objects.count()
        read = Path(default_storage.path(run.file)).parent / "slices-apply-abc"
        read.mkdir()
    leave(chengdu, lina, actor)
    if lost:
        queue.sent.clear()
        dms.resume.later_for(chengdu.schema_name)
    assert queue.sent
    queue.work()
    with inside(chengdu):
        run.refresh_from_db()
        assert (run.state, run.finished_at is not None) == ("failed", True)
        assert "已不在本店任职" in run.message
        assert Customer.objects.count() == before
        assert not read.exists(), "what had been read of it is customers' data"
        assert not Staff.objects.get(pk=lina.staff_id).active
        ImportRun.objects.all().delete()


def test_an_import_by_command_is_nobodys_and_goes_on(chengdu: Tenant, queue: Queue) -> None:
    with inside(chengdu):
        run = receive(None, kind="repair_orders", filename="工单.csv", content=an_upload(), now=timezone.now())
        ImportRun.objects.filter(pk=run.pk).update(state="queued")
    dms.resume.later_for(chengdu.schema_name)
    queue.work()
    with inside(chengdu):
        run.refresh_from_db()
        assert run.state == "done"

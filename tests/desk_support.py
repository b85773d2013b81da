"""A specialist's day for browser tests: customers whose cars left the shop or the showroom, planned by the planner."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from care_support import DISSATISFIED, SATISFIED
from django.core.files.base import ContentFile
from django.utils import timezone
from dms_cases import GOOD_ORDER, table
from followups_support import SHANGHAI, car, customer, deliver, repair

from crm.customers.actions import correct
from crm.customers.models import Customer, TrackingItem
from crm.dms import running
from crm.dms.actions import queue, receive
from crm.dms.models import ImportRun
from crm.followups import planner
from crm.followups.actions import hold, record_outcome, save_draft
from crm.followups.models import FollowUp
from crm.followups.promises import quick
from crm.store.queries import store
from sanfang.kernel.permissions import Actor
from sanfang.messaging.models import Message
from sanfang.messaging.secrets import unseal
from sanfang.tenancy.context import door, inside
from sanfang.tenancy.models import Staff
from tenants.middleware import actor_of
from tenants.models import Membership, Tenant


def day(days_ago: int) -> str:
    return f"{datetime.now(SHANGHAI) - timedelta(days=days_ago):%Y-%m-%d}"


def first(role: str) -> Staff:
    return Staff.objects.filter(role=role, active=True).order_by("pk")[0]


def repaired(name: str, days_ago: int = 2, **fields: str) -> Customer:
    """A customer whose car left the shop so many days ago: a third call, overdue from the fourth day on."""
    owner = customer(name)
    on = day(days_ago)
    vehicle = car(owner, series="蓝鲸 UNI-V", plate=fields.pop("plate", "川A8K26N"))
    repair(
        vehicle,
        f"{on} 09:10",
        f"{on} 16:40",
        mileage=32_480,
        advisor=first("service_advisor"),
        fault="低速刹车有异响",
        **fields,
    )
    return owner


def repaired_again(owner: Customer, days_ago: int) -> None:
    """Their car was here before as well."""
    on = day(days_ago)
    vehicle = owner.ownerships.get().vehicle
    repair(vehicle, f"{on} 09:10", f"{on} 16:40", mileage=30_000, advisor=first("service_advisor"))


def bought(name: str, days_ago: int = 2) -> Customer:
    """A customer who took a new car home: a first call."""
    owner = customer(name)
    deliver(car(owner, plate=""), day(days_ago), consultant=first("sales_consultant"))
    return owner


def plan() -> None:
    planner.plan(timezone.now())


def call_of(owner: Customer) -> FollowUp:
    return FollowUp.objects.select_related("customer").get(customer=owner, rule__in=["first-call", "third-call"])


def actor_named(name: str) -> Actor:
    """Anybody of the cast, for builders that fixtures can't help."""
    with door():
        return actor_of(Membership.objects.select_related("user", "tenant").get(user__name=name, ended_at=None))


@dataclass(frozen=True)
class Store:
    """A store in the middle of its day. ``link``: a questionnaire that waits for its customer."""

    calls: dict[str, FollowUp]
    imports: dict[str, ImportRun]
    link: str


def a_days_work(tenant: Tenant) -> Store:
    """Something on every screen: calls in each group, one with a colleague, ended well and badly, wrong data on
    its way, a message that went out, and files in every state."""
    lina, zhou = actor_named("李娜"), actor_named("周思颖")
    with inside(tenant):
        owners = {name: repaired(name, days) for name, days in REPAIRED.items()}
        owners["许志强"] = bought("许志强")
        plan()
        calls = {name: call_of(owner) for name, owner in owners.items()}
        now = timezone.now()
        end(lina, calls["王海燕"], "completed", answers=DISSATISFIED, note="等了两个小时，没有人说一声。")
        end(lina, calls["孙丽"], "completed", answers=SATISFIED)
        for number in (1, 2, 3):
            end(lina, calls["周文斌"], "no_answer", number, now=now - timedelta(minutes=20 * (3 - number)))
        end(lina, calls["郑凯"], "no_answer")
        end(lina, calls["冯洁"], "wrong_number", reason="empty")
        end(lina, calls["何建军"], "wrong_number", reason="stopped")
        promised = quick(store(), store().pack.calling, now)[-1]
        end(lina, calls["马晓东"], "call_later", promised_at=promised)
        item = TrackingItem.objects.get(customer=calls["何建军"].customer)
        correct(actor_named(item.owner.name), item, value="15400000099", now=now)  # type: ignore[union-attr]
        hold(zhou, calls["刘雅琴"], now=now)
        save_draft(lina, calls["陈静怡"], answers={"overall": {"value": 2, "reasons": ["price"]}}, note="", now=now)
        message = Message.objects.get(customer_id=calls["周文斌"].customer_id)
        return Store(calls, _imports(lina), f"/s/{unseal(message.sealed)}")


REPAIRED = {
    "陈静怡": 5, "赵俊杰": 6, "刘雅琴": 5, "王海燕": 2, "孙丽": 2, "周文斌": 4, "郑凯": 4, "冯洁": 3, "何建军": 3,
    "马晓东": 2,
}  # fmt: skip


def end(who: Actor, call: FollowUp, outcome: str, attempt: int = 1, **details: Any) -> None:
    """At whatever hour the tests run: the customer asked for it."""
    call.refresh_from_db()
    record_outcome(who, call, attempt=attempt, outcome=outcome, asked=True, **{"now": timezone.now(), **details})


def _imports(who: Actor) -> dict[str, ImportRun]:
    """One file in each state that has a page of its own."""
    now = timezone.now()
    good = {**GOOD_ORDER, "工单开单日期": f"{day(2)} 09:20", "交车日期": f"{day(2)} 16:20"}
    warned = {**good, "工单号": "RO9002", "VIN": "LS4ASE2W5SA000002", "进厂行驶里程": "999999"}
    rows = table("repair_orders", [good, warned, {**good, "工单号": "RO9003", "VIN": "LS4"}])
    content = "\n".join(",".join(row) for row in rows).encode("gb18030")
    runs = {}
    for state in ("uploaded", "checked", "failed", "done"):
        file = ContentFile(content, name="维修工单.csv")
        runs[state] = run = receive(who, kind="repair_orders", filename="维修工单.csv", content=file, now=now)
        if state in {"checked", "failed"}:
            ImportRun.objects.filter(pk=run.pk).update(state="checking")
            running.check(run.pk)
        if state == "failed":
            ImportRun.objects.filter(pk=run.pk).update(state="failed", message="导入被中断，没有写入任何数据。")
        if state == "done":
            queue(run, now=now)
            assert running.apply(run.pk)
    return runs

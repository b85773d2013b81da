"""One row for every address of every kind of host: who may, and how to make the thing its id names.

A route without a row fails, and so does a row without a route (isolation/test_routes.py).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from api_support import a_letter, an_endpoint, any_token
from care_support import a_customer
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from dms_cases import GOOD_ORDER, table
from doubles_support import a_double
from followups_support import car
from row_support import RIGHT, a_complaint, corrected_data, dialled_data, wrong_data

from crm.checks.models import Check
from crm.desk.models import HandoverRequest, SavedView
from crm.dms.actions import receive
from crm.dms.models import ImportRun
from crm.dms.running import apply as carry_out
from crm.followups.models import Attempt, FollowUp
from crm.store.queries import store
from crm.team.models import Deputy
from crm.vehicles.models import Delivery
from sanfang.kernel.ids import uuid7
from sanfang.tenancy.models import Staff


@dataclass(frozen=True)
class Row:
    """``capabilities``: any of them opens it; empty means every member. ``make``: the id of a fresh object
    inside the tenant we are in; ``personal``: of somebody's own, whose name it is given. ``parts``: of an address that
    isn't about an object."""

    capabilities: tuple[str, ...] = ()
    make: Callable[..., Any] | None = None
    method: str = "get"
    data: dict[str, Any] | Callable[[], dict[str, Any]] | None = None
    personal: bool = False
    parts: tuple[str, ...] = ()

    def words(self) -> dict[str, Any]:
        return self.data() if callable(self.data) else self.data or {}

    def key_for(self, person: str) -> Any:
        """The id of a fresh object that ``person`` may work on if their role may; None where none is needed."""
        if self.make is None:
            return None
        return self.make(person) if self.personal else self.make()


def a_call() -> Any:
    """An open first call of a fresh customer, by the standard the store works by."""
    vehicle = car()
    owner = vehicle.ownerships.get().customer
    delivery = Delivery.objects.create(
        number=f"SO-{vehicle.vin}",
        vehicle=vehicle,
        customer=owner,
        delivered_on=date(2026, 3, 2),
        imported_at=timezone.now(),
    )
    place, now = store(), timezone.now()
    return FollowUp.objects.create(
        rule="first-call",
        trigger=str(delivery.pk),
        trigger_kind="delivery",
        trigger_on=date(2026, 3, 2),
        customer=owner,
        vehicle=vehicle,
        channel="phone",
        opens=now - timedelta(days=1),
        due=now + timedelta(days=1),
        pack=place.pack.id,
        pack_version=place.pack.version,
        planned_at=now,
    ).pk


MERGER = ("customer.merge",)
MAKER, ONLOOKER = ("import.make",), ("import.see",)


def a_file() -> bytes:
    """Repair orders, of which the last has a broken VIN."""
    rows = [GOOD_ORDER, {**GOOD_ORDER, "工单号": "RO002", "VIN": "LS4"}]
    return "\n".join(",".join(line) for line in table("repair_orders", rows)).encode("gb18030")


def an_upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("工单.csv", a_file())


def an_import(state: str = "uploaded") -> Any:
    run = receive(None, kind="repair_orders", filename="工单.csv", content=an_upload(), now=timezone.now())
    ImportRun.objects.filter(pk=run.pk).update(state=state)
    return run.pk


def a_checked_import() -> Any:
    return an_import("checked")


def a_finished_import() -> Any:
    key = an_import("queued")
    assert carry_out(key)
    return key


def somebody() -> Any:
    """One of the advisors, of whom there are enough for every role that may remove one."""
    return Staff.objects.filter(role="service_advisor", active=True).order_by("-pk").values_list("pk", flat=True)[0]


def nobody_else() -> Any:
    return Staff.objects.filter(active=True).order_by("-pk").values_list("pk", flat=True)[0]


def a_caller() -> Any:
    """A specialist who can sign in."""
    return Staff.objects.filter(role="crc_specialist", active=True, user_id__isnull=False).order_by("pk")[0].pk


def a_deputy() -> Any:
    """Somebody who is away and comes back, of people made for it."""
    today = store().calendar.day_of(timezone.now())
    absent, deputy = Staff.objects.create(name="不在岗"), Staff.objects.create(name="代理人")
    return Deputy.objects.create(
        absent=absent, deputy=deputy, first_day=today, last_day=today, made_by=deputy, made_at=timezone.now()
    ).pk


def somebodys_file() -> Any:
    return a_customer().pk


def a_check(person: str = "") -> Any:
    """A finished check of a call that ``person`` made."""
    now, caller = timezone.now(), Staff.objects.filter(name=person).first() or Staff.objects.create(name="拨打人")
    attempt = Attempt.objects.create(follow_up_id=a_call(), number=1, staff=caller, at=now, outcome="completed")
    return Check.objects.create(
        attempt=attempt, staff=caller, drawn_of=now.date(), seed=0, drawn_by=caller, drawn_at=now, checked_at=now
    ).pk


def a_colleagues_check() -> Any:
    return a_check("")


def kept_by(person: str = "") -> Any:
    """A view of that person's own, or of anybody's."""
    owner = Staff.objects.filter(name=person).first() or Staff.objects.filter(active=True)[0]
    return SavedView.objects.create(name=str(uuid7()), owner=owner, saved_at=timezone.now()).pk


def asked_of(person: str = "") -> Any:
    """A colleague asks that person, or anybody, for the customer they have in hand."""
    call = FollowUp.objects.get(pk=a_call())
    holder = Staff.objects.filter(name=person).first() or Staff.objects.filter(active=True)[0]
    other = Staff.objects.exclude(pk=holder.pk).filter(active=True)[0]
    words = {"follow_up": call, "customer": call.customer, "asked_at": timezone.now()}
    return HandoverRequest.objects.create(asked_by=other, holder=holder, **words).pk


CALLER = ("callback.make",)
TEAM, TEAM_HEAD = ("team.see",), ("team.manage",)

DEALER = {
    "home": Row(),
    "workbench": Row(("callback.see",)),
    "call": Row(("callback.see",), a_call),
    "call-hold": Row(CALLER, a_call, "post"),
    "call-leave": Row(CALLER, a_call, "post"),
    "call-reveal": Row(CALLER, a_call, "post"),
    "call-draft": Row(CALLER, a_call, "post", {"note": "改动"}),
    "call-outcome": Row(CALLER, a_call, "post", {"outcome": "no_answer", "attempt": "1"}),
    "handovers": Row(CALLER),
    "handover-request": Row(CALLER, a_call, "post"),
    "handover-state": Row(CALLER, a_call),
    "handover-answer": Row(CALLER, asked_of, "post", {"answer": "no"}, personal=True),
    "saved-views": Row(("callback.see",), method="post", data={"name": "我的视图"}),
    "saved-view": Row(("callback.see",), kept_by, "post", {"do": "delete"}, personal=True),
    "queue-bulk": Row(("callback.assign",)),
    "queue-assignment": Row(("callback.assign",), method="post", data={"call": str(uuid7()), "to": "everybody"}),
    "search": Row(),
    "customers": Row(("customer.see",)),
    "customer": Row(("customer.see",), somebodys_file),
    "customer-reveal": Row(("customer.reveal",), somebodys_file, "post"),
    "customer-editing": Row(
        ("customer.edit",), somebodys_file, "post", {"field": "address", "value": "锦城大道 1 号", "seen": ""}
    ),
    "customer-report": Row(CALLER, somebodys_file, "post", {"field": "other", "note": "搬家了"}),
    "imports": Row(ONLOOKER),
    "import-new": Row(MAKER, method="post", data=lambda: {"kind": "repair_orders", "file": an_upload()}),
    "import-template": Row(MAKER, data={"kind": "deliveries"}),
    "import-mapping": Row(MAKER, an_import, "post", {"again": "1"}),
    "import-preview": Row(ONLOOKER, a_checked_import),
    "import-apply": Row(MAKER, a_checked_import, "post"),
    "import-progress": Row(ONLOOKER, an_import),
    "import-result": Row(ONLOOKER, a_finished_import),
    "import-errors": Row(ONLOOKER, a_finished_import),
    "import-undo": Row(("import.undo",), a_finished_import, "post"),
    "import-cancel": Row(MAKER, an_import, "post"),
    "doubles": Row(MERGER),
    "doubles-look": Row(MERGER, method="post"),
    "double": Row(MERGER, lambda: a_double().pk),
    "double-merge": Row(MERGER, lambda: a_double().pk, "post", {"keep": "first"}),
    "double-different": Row(MERGER, lambda: a_double().pk, "post"),
    "double-apart": Row(MERGER, lambda: a_double().pk, "post"),
    "complaints": Row(("complaint.see",)),
    "complaint": Row(("complaint.see",), a_complaint),
    "complaint-reveal": Row(("complaint.handle",), a_complaint, "post"),
    "complaint-first-contact": Row(("complaint.handle",), a_complaint, "post", {"note": "已致歉"}),
    "tracking": Row(("tracking.see", "tracking.own")),
    "tracking-correction": Row(("tracking.correct",), wrong_data, "post", {"value": RIGHT}, personal=True),
    "tracking-call": Row(("tracking.close",), corrected_data, "post", {"show": "corrected"}),
    "tracking-verification": Row(("tracking.close",), dialled_data, "post", personal=True),
    "standards": Row(("standard.see",)),
    "standards-progress": Row(("standard.see",)),
    "standards-again": Row(("standard.see",), method="post"),
    "standard-choice": Row(("standard.choose",), method="post", data={"pack": "saic-vw-crc", "version": "2018.2"}),
    "messages": Row(("message.see",)),
    "messages-compose": Row(("message.see",)),
    "messages-outbox": Row(("message.see",)),
    "team": Row(TEAM),
    "team-shared": Row(TEAM),
    "team-work": Row(TEAM, a_caller),
    "team-assignment": Row(TEAM_HEAD, method="post", data=lambda: {"call": str(uuid7()), "to": "everybody"}),
    "team-deputies": Row(TEAM),
    "team-deputy-new": Row(TEAM_HEAD, method="post", data={"absent": ""}),
    "team-deputy-end": Row(TEAM_HEAD, a_deputy, "post"),
    "checks": Row(("check.see", "check.own")),
    "check-draw": Row(("check.make",), method="post", data={"each": "3"}),
    "check": Row(("check.see", "check.own"), a_check, personal=True),
    "check-result": Row(("check.make",), a_colleagues_check, "post", {"p-greeting": "yes"}),
    "kpis": Row(("kpi.see",)),
    "kpi": Row(("kpi.see",), data={"kpi": "csi"}),
    "reports": Row(("report.sales", "report.service")),
    "report-month": Row(("report.sales", "report.service")),
    "report-export": Row(("report.export",), method="post", data={"kind": "service"}),
    "kpi-records": Row(("kpi.see",), data={"kpi": "callback_success", "missed": "1"}),
    "staff": Row(("staff.see",)),
    "staff-removal": Row(("staff.manage",), somebody, "post"),
    "developers": Row(("token.manage",)),
    "token-new": Row(("token.manage",), method="post", data={"name": "DMS", "scopes": "read:customers", "days": "90"}),
    "token-revocation": Row(("token.manage",), any_token, "post"),
    "token-takeover": Row(("token.manage",), any_token, "post"),
    "webhooks": Row(("token.manage",)),
    "webhook-new": Row(
        ("token.manage",), method="post", data={"url": "https://example.com/", "kinds": "import.failed"}
    ),
    "webhook": Row(("token.manage",), an_endpoint),
    "webhook-secret": Row(("token.manage",), an_endpoint, "post"),
    "webhook-switch": Row(("token.manage",), an_endpoint, "post"),
    "webhook-ping": Row(("token.manage",), an_endpoint, "post"),
    "webhook-removal": Row(("token.manage",), an_endpoint, "post"),
    "letter-replay": Row(("token.manage",), a_letter, "post"),
    "api-trial": Row(("token.manage",)),
    "api-description": Row(("token.manage",)),
}
GROUP = {
    "home": Row(),
    "stores": Row(("network.see",)),
    "staff": Row(("staff.see",)),
    "staff-removal": Row(("staff.manage",), nobody_else, "post"),
}
OEM = {
    "home": Row(),
    "dealers": Row(("network.see", "network.see_region")),
    "staff": Row(("staff.see",)),
    "staff-removal": Row(("staff.manage",), nobody_else, "post"),
}
PUBLIC = {
    "home": Row(),
    "tenants": Row(("platform.see",)),
    "survey": Row(),
    "survey-thanks": Row(),
    "sms-hook": Row(method="post", parts=("aliyun", "receipts", "x")),
}

TABLE = {"dealer": DEALER, "group": GROUP, "oem": OEM, "public": PUBLIC}


def routes(kind: str) -> Iterator[tuple[str, URLPattern]]:
    """Every named address of a kind of host, but for what every host has (accounts, preferences)."""

    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, URLPattern]]:
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if path.startswith(("accounts/", "preferences/")):
                continue
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, path)
            else:
                yield str(pattern.name), pattern

    yield from walk(get_resolver(settings.TENANT_TYPES[kind]["URLCONF"]).url_patterns, "")

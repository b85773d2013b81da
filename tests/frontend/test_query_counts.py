"""How many SQL statements each screen takes, exactly: tests/frontend/query_counts.json.

A change is looked at and written down with ``UPDATE_QUERY_COUNTS=1``. Lists cost the same with 3 rows and with 30.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from desk_support import call_of, plan, repaired, repaired_again
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from dms_cases import GOOD_ORDER, table
from row_support import a_complaint, wrong_data
from statements_support import baseline, compare, counted

from crm.dms.actions import receive
from crm.followups.models import FollowUp
from crm.surveys.actions import invite
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("at_ten")

assert baseline is not None  # a fixture, shared with the other screens' tests
LISTS = ["/workbench/", "/complaints/", "/tracking/", "/messages/", "/messages/outbox/", "/imports/", "/staff/"]


@pytest.fixture
def manager(client_of: Callable[[str], Client]) -> Client:
    """Whoever may see every list."""
    return client_of("唐敏")


def fill(tenant: Tenant, actor: Actor, rows: int) -> None:
    """So many of everything that has a list."""
    with inside(tenant):
        for number in range(rows):
            owner = repaired(f"客户{number:02}", 2 + number % 5)
            a_complaint()
            wrong_data(actor.name)
            invite(
                customer=owner,
                vehicle=None,
                follow_up_id=None,
                questionnaire="service-callback",
                now=timezone.now() - timedelta(minutes=number),
            )
            content = "\n".join(",".join(row) for row in table("repair_orders", [GOOD_ORDER])).encode()
            file = ContentFile(content, name="工单.csv")
            receive(actor, kind="repair_orders", filename="工单.csv", content=file, now=timezone.now())
        plan()


@pytest.mark.parametrize("path", LISTS)
def test_lists(
    chengdu: Tenant,
    manager: Client,
    actor: Callable[[str], Actor],
    baseline: dict[str, int],
    settings: Any,
    tmp_path: Path,
    path: str,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    tang = actor("唐敏")
    fill(chengdu, tang, 3)
    few = counted(lambda: manager.get(path))
    fill(chengdu, tang, 27)
    assert counted(lambda: manager.get(path)) == few, f"{path} costs more with more rows"
    compare(baseline, f"GET {path}", few)


@pytest.fixture
def call(chengdu: Tenant) -> FollowUp:
    with inside(chengdu):
        owner = repaired("陈雅琴", 2)
        plan()
        return call_of(owner)


CALL_SCREENS: dict[str, Callable[[Client, str], Any]] = {
    "GET /workbench/<id>/": lambda client, at: client.get(at),
    "GET /workbench/<id>/ htmx": lambda client, at: client.get(at, headers={"HX-Request": "true"}),
    "POST /workbench/<id>/hold/": lambda client, at: client.post(f"{at}hold/", headers={"HX-Request": "true"}),
    "POST /workbench/<id>/draft/": lambda client, at: client.post(f"{at}draft/", {"q-overall": "5"}),
    "POST /workbench/<id>/reveal/": lambda client, at: client.post(f"{at}reveal/", headers={"HX-Request": "true"}),
}


@pytest.mark.parametrize("screen", CALL_SCREENS)
def test_the_call(client_of: Callable[[str], Client], call: FollowUp, baseline: dict[str, int], screen: str) -> None:
    lina, address = client_of("李娜"), f"/workbench/{call.pk}/"
    compare(baseline, screen, counted(lambda: CALL_SCREENS[screen](lina, address)))


OUTCOMES = {
    "completed": {"q-overall": "5", "q-advisor": "4", "q-explanation": "4", "q-repaired": "yes", "q-clean": "yes"},
    "no_answer": {},
    "wrong_number": {"reason-wrong_number": "empty"},
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome(client_of: Callable[[str], Client], call: FollowUp, baseline: dict[str, int], outcome: str) -> None:
    lina = client_of("李娜")
    lina.get("/workbench/")
    words = {"outcome": outcome, "attempt": "1", **OUTCOMES[outcome]}
    with CaptureQueriesContext(connection) as statements:
        answer = lina.post(f"/workbench/{call.pk}/outcome/", words, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    compare(baseline, f"POST /workbench/<id>/outcome/ {outcome}", len(statements))


def test_a_customers_file(chengdu: Tenant, client_of: Callable[[str], Client], baseline: dict[str, int]) -> None:
    lina = client_of("李娜")
    for events in (2, 25):
        with inside(chengdu):
            owner = repaired(f"客户{events}", 2)
            for number in range(events):
                repaired_again(owner, number + 3)
            plan()
        compare(baseline, "GET /customers/<id>/", counted(lambda: lina.get(f"/customers/{owner.pk}/")))  # noqa: B023
    compare(baseline, "GET /search/", counted(lambda: lina.get("/search/?q=客户", headers={"HX-Request": "true"})))


def test_a_complaint(chengdu: Tenant, client_of: Callable[[str], Client], baseline: dict[str, int]) -> None:
    with inside(chengdu):
        address = f"/complaints/{a_complaint()}/"
    manager = client_of("蒋国华")
    compare(baseline, "GET /complaints/<id>/", counted(lambda: manager.get(address)))


@pytest.mark.parametrize(("person", "path"), [("段景行", "/stores/"), ("姜书恒", "/dealers/"), ("方以宁", "/tenants/")])
def test_first_pages_of_the_others(
    client_of: Callable[[str], Client], baseline: dict[str, int], person: str, path: str
) -> None:
    client = client_of(person)
    compare(baseline, f"GET {path}", counted(lambda: client.get(path)))

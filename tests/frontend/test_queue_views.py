"""Saved views (mine, shared, locked), many calls at once, and asking a colleague for a customer."""

from collections.abc import Callable
from typing import Any

import pytest
from desk_support import call_of, plan, repaired
from django.test import Client
from django.utils import timezone

from crm.desk.models import HandoverRequest, SavedView
from crm.followups.models import FollowUp, Hold
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import Staff
from tenants.models import Tenant

pytestmark = [pytest.mark.usefixtures("at_ten")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def lina(client_of: Callable[[str], Client]) -> Client:
    return client_of("李娜")


@pytest.fixture
def zhou(client_of: Callable[[str], Client]) -> Client:
    return client_of("周思颖")


@pytest.fixture
def tang(client_of: Callable[[str], Client]) -> Client:
    return client_of("唐敏")


@pytest.fixture
def calls(chengdu: Tenant) -> dict[str, FollowUp]:
    with inside(chengdu):
        owners = {name: repaired(name, 2 + at) for at, name in enumerate(("赵一", "钱二", "孙三"))}
        plan()
        return {name: call_of(owner) for name, owner in owners.items()}


def names_in(client: Client, query: str = "") -> list[str]:
    html = client.get(f"/workbench/{query}").content.decode()
    return [name for name in ("赵一", "钱二", "孙三") if f'title="{name}"' in html]


def assign(tenant: Tenant, call: FollowUp, name: str) -> None:
    with inside(tenant):
        FollowUp.objects.filter(pk=call.pk).update(assignee=Staff.objects.get(name=name))


# --- what is looked at ----------------------------------------------------------------------
def test_the_address_narrows_the_queue(lina: Client, chengdu: Tenant, calls: dict[str, FollowUp]) -> None:
    assign(chengdu, calls["钱二"], "李娜")
    assign(chengdu, calls["孙三"], "周思颖")
    assert names_in(lina) == ["赵一", "钱二", "孙三"]
    assert names_in(lina, "?whose=mine") == ["钱二"]
    assert names_in(lina, "?whose=free") == ["赵一"]
    assert names_in(lina, "?rules=first-call") == []
    assert names_in(lina, "?rules=third-call&rules=first-call") == ["赵一", "钱二", "孙三"]
    assert names_in(lina, "?whose=robots&sort=x&columns=y&rules=" + "x" * 300) == []


def test_an_outcome_stays_with_what_is_looked_at(lina: Client, chengdu: Tenant, calls: dict[str, FollowUp]) -> None:
    for name in ("赵一", "孙三"):
        assign(chengdu, calls[name], "李娜")
    page = lina.get(f"/workbench/{calls['赵一'].pk}/?whose=mine", headers=HTMX).content.decode()
    assert f'hx-post="/workbench/{calls["赵一"].pk}/outcome/?whose=mine"' in page
    answer = lina.post(
        f"/workbench/{calls['赵一'].pk}/outcome/?whose=mine", {"outcome": "no_answer", "attempt": "1"}, headers=HTMX
    )
    assert answer["HX-Push-Url"] == f"/workbench/{calls['孙三'].pk}/?whose=mine"


def save(client: Client, name: str = "我的逾期", **words: Any) -> Any:
    return client.post("/workbench/views/", {"name": name, "queue": "overdue", "sort": "due", **words})


def test_a_view_is_kept_and_chosen_again(lina: Client, chengdu: Tenant, calls: dict[str, FollowUp]) -> None:
    assign(chengdu, calls["钱二"], "李娜")
    address = save(lina, "我的", whose="mine", queue="todo", columns=["plate"])["Location"]
    html = lina.get(address).content.decode()
    assert "钱二" in html
    assert "赵一" not in html
    assert "川A8K26N" in html
    assert "UNI-V" not in html.split('id="call"')[0]


def test_who_sees_and_changes_which_view(lina: Client, zhou: Client, tang: Client, chengdu: Tenant) -> None:
    save(lina, "只有我")
    save(lina, "大家的", shared="on")
    assert "大家的" in zhou.get("/workbench/").content.decode()
    assert "只有我" not in zhou.get("/workbench/").content.decode()
    with inside(chengdu):
        mine, ours = SavedView.objects.get(name="只有我"), SavedView.objects.get(name="大家的")
    assert zhou.get(f"/workbench/?view={mine.pk}").status_code == 200  # as if there were none
    assert zhou.post(f"/workbench/views/{mine.pk}/", {"do": "delete"}).status_code == 403
    assert zhou.post(f"/workbench/views/{ours.pk}/", {"do": "delete"}).status_code == 403
    assert lina.post(f"/workbench/views/{ours.pk}/", {"do": "lock"}).status_code == 403
    assert tang.post(f"/workbench/views/{ours.pk}/", {"do": "lock"}).status_code == 302
    for do in ("delete", "keep", "unlock"):
        assert lina.post(f"/workbench/views/{ours.pk}/", {"do": do}).status_code == 403
    save(lina, "大家的", queue="promised")
    with inside(chengdu):
        ours.refresh_from_db()
        assert (ours.locked, ours.shared, ours.selection["queue"]) == (True, True, "overdue")
        assert SavedView.objects.count() == 2
    tang.post(f"/workbench/views/{ours.pk}/", {"do": "unlock"})
    assert lina.post(f"/workbench/views/{ours.pk}/", {"do": "delete"}).status_code == 302


def test_another_persons_view_is_not_overwritten(lina: Client, zhou: Client, chengdu: Tenant) -> None:
    save(lina, "早班", shared="on")
    save(zhou, "早班", queue="promised")
    with inside(chengdu):
        assert {view.owner.name: view.selection["queue"] for view in SavedView.objects.all()} == {
            "李娜": "overdue",
            "周思颖": "promised",
        }


@pytest.mark.parametrize("name", ["", "   "])
def test_a_view_needs_a_name(lina: Client, chengdu: Tenant, name: str) -> None:
    save(lina, name)
    with inside(chengdu):
        assert not SavedView.objects.exists()


# --- many at once ---------------------------------------------------------------------------
def test_many_calls_are_handed_on(tang: Client, lina: Client, chengdu: Tenant, calls: dict[str, FollowUp]) -> None:
    with inside(chengdu):
        zhou = Staff.objects.get(name="周思颖")
    ticked = {"call": [calls["赵一"].pk, calls["钱二"].pk], "to": zhou.pk, "back": "?queue=overdue"}
    assert lina.post("/workbench/assignment/", ticked).status_code == 403
    assert lina.get("/workbench/bulk/").status_code == 403
    assert "周思颖" in tang.get("/workbench/bulk/").content.decode()
    assert tang.post("/workbench/assignment/", ticked)["Location"] == "/workbench/?queue=overdue"
    with inside(chengdu):
        assert set(FollowUp.objects.filter(assignee=zhou).values_list("pk", flat=True)) == {
            calls["赵一"].pk,
            calls["钱二"].pk,
        }
    assert 'name="call"' not in lina.get("/workbench/").content.decode()


@pytest.mark.parametrize("words", [{}, {"to": ""}, {"call": "x", "to": "everybody"}, {"back": "//evil.example"}])
def test_nothing_chosen_changes_nothing(
    tang: Client, chengdu: Tenant, calls: dict[str, FollowUp], words: dict[str, str]
) -> None:
    answer = tang.post("/workbench/assignment/", words)
    assert answer["Location"] == "/"
    with inside(chengdu):
        assert not FollowUp.objects.filter(assignee__isnull=False).exists()


# --- asking for a customer ------------------------------------------------------------------
@pytest.fixture
def asked(lina: Client, zhou: Client, chengdu: Tenant, calls: dict[str, FollowUp]) -> HandoverRequest:
    lina.post(f"/workbench/{calls['赵一'].pk}/hold/")
    answer = zhou.post(f"/workbench/{calls['赵一'].pk}/handover/", headers=HTMX).content.decode()
    assert "等待回复" in answer
    with inside(chengdu):
        return HandoverRequest.objects.get()


def holder(tenant: Tenant) -> str:
    with inside(tenant):
        return str(Hold.objects.get().staff.name)


def test_the_holder_sees_who_asks_and_gives(
    lina: Client, zhou: Client, chengdu: Tenant, calls: dict[str, FollowUp], asked: HandoverRequest
) -> None:
    assert "李娜 正在处理" in zhou.get(f"/workbench/{calls['赵一'].pk}/").content.decode()
    html = lina.get("/workbench/handovers/").content.decode()
    assert "周思颖 请求交接 赵一" in html
    answer = lina.post(f"/workbench/handovers/{asked.pk}/", {"answer": "yes"}, headers=HTMX)
    assert answer["HX-Redirect"] == "/workbench/"
    assert holder(chengdu) == "周思颖"
    state = zhou.get(f"/workbench/{calls['赵一'].pk}/handover/state/", headers=HTMX)
    assert state["HX-Refresh"] == "true"
    assert "data-locked" not in zhou.get(f"/workbench/{calls['赵一'].pk}/").content.decode()


def test_or_keeps_the_customer_and_says_so(
    lina: Client, zhou: Client, chengdu: Tenant, calls: dict[str, FollowUp], asked: HandoverRequest
) -> None:
    lina.post(f"/workbench/handovers/{asked.pk}/", {"answer": "no"}, headers=HTMX)
    assert holder(chengdu) == "李娜"
    state = zhou.get(f"/workbench/{calls['赵一'].pk}/handover/state/", headers=HTMX).content.decode()
    assert "李娜 要继续处理" in state
    assert "赵一" not in lina.get("/workbench/handovers/").content.decode()


def test_only_the_holder_answers_and_only_once(
    lina: Client, zhou: Client, tang: Client, chengdu: Tenant, asked: HandoverRequest
) -> None:
    for other in (zhou, tang):
        assert other.post(f"/workbench/handovers/{asked.pk}/", {"answer": "yes"}).status_code == 403
    assert holder(chengdu) == "李娜"
    lina.post(f"/workbench/handovers/{asked.pk}/", {"answer": "no"})
    assert lina.post(f"/workbench/handovers/{asked.pk}/", {"answer": "yes"}, headers=HTMX).status_code == 409
    assert holder(chengdu) == "李娜"


def test_asking_twice_is_asking_once(
    zhou: Client, chengdu: Tenant, calls: dict[str, FollowUp], asked: HandoverRequest
) -> None:
    zhou.post(f"/workbench/{calls['赵一'].pk}/handover/", headers=HTMX)
    with inside(chengdu):
        assert HandoverRequest.objects.count() == 1


def test_who_is_free_is_taken_without_asking(
    lina: Client, zhou: Client, chengdu: Tenant, calls: dict[str, FollowUp], asked: HandoverRequest
) -> None:
    lina.post(f"/workbench/{calls['赵一'].pk}/leave/")
    assert zhou.get(f"/workbench/{calls['赵一'].pk}/handover/state/", headers=HTMX)["HX-Refresh"] == "true"
    assert zhou.post(f"/workbench/{calls['赵一'].pk}/handover/", headers=HTMX)["HX-Refresh"] == "true"
    answer = lina.post(f"/workbench/handovers/{asked.pk}/", {"answer": "yes"}, headers=HTMX)
    assert answer.status_code == 409
    with inside(chengdu):
        assert not Hold.objects.exists()
        assert HandoverRequest.objects.get().answer == ""


def test_what_the_holder_ticked_stays_with_the_call(
    lina: Client, chengdu: Tenant, calls: dict[str, FollowUp], asked: HandoverRequest
) -> None:
    key = calls["赵一"].pk
    lina.post(f"/workbench/{key}/draft/", {"note": "客户在开会"})
    lina.post(f"/workbench/handovers/{asked.pk}/", {"answer": "yes"})
    with inside(chengdu):
        hold = Hold.objects.get()
        assert (hold.begun_at, hold.revealed_at) == (None, None)
        assert FollowUp.objects.get(pk=key).draft.note == "客户在开会"
        assert hold.until > timezone.now()
    assert lina.post(f"/workbench/{key}/draft/", {"note": "我还在写"}).status_code == 409

"""The manager's pages as they are asked for: what stands on them, what is refused, how many statements they take."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from address_table import a_call
from desk_support import bought, plan, repaired
from django.test import Client
from django.utils import timezone
from followups_support import staff
from statements_support import baseline, compare, counted

from crm.checks.models import Check
from crm.followups.models import Attempt, FollowUp
from crm.reports.queries import month_of
from crm.store.queries import store
from crm.team.models import Deputy
from sanfang.tenancy.context import inside
from tenants.models import Membership, Tenant

pytestmark = pytest.mark.usefixtures("at_ten")

assert baseline is not None  # a fixture, shared with the other screens' tests
PAGES = [
    "/team/",
    "/team/work/",
    "/team/deputies/",
    "/kpis/",
    "/kpis/figure/",
    "/kpis/records/",
    "/checks/",
    "/reports/",
    "/reports/month/",
]


@pytest.fixture
def chen(client_of: Callable[[str], Client]) -> Client:
    return client_of("陈雅婷")


def fill(tenant: Tenant, rows: int) -> None:
    with inside(tenant):
        now = timezone.now()
        for number in range(rows):
            repaired(f"客户{number}", 5)
            bought(f"新客{number}", 5)
        plan()
        for call in FollowUp.objects.filter(attempts=0, state="open"):
            FollowUp.objects.filter(pk=call.pk).update(attempts=1, state="completed", ended_at=now)
            made = Attempt.objects.create(follow_up=call, number=1, staff=staff("李娜"), at=now, outcome="completed")
            month = month_of(store(), now).first
            Check.objects.create(
                attempt=made, staff=made.staff, drawn_of=month, seed=1, drawn_by=made.staff, drawn_at=now
            )
        for _ in range(rows):
            a_call()
        for one in ("李娜", "周思颖")[: rows // 2]:
            Deputy.objects.get_or_create(
                absent=staff(one),
                deputy=staff("何雨桐"),
                first_day=now.date(),
                last_day=now.date(),
                made_by=staff(one),
                made_at=now,
            )


@pytest.mark.parametrize("path", PAGES)
def test_pages_cost_the_same_with_few_rows_and_many(
    chengdu: Tenant, chen: Client, baseline: dict[str, int], path: str
) -> None:
    fill(chengdu, 2)
    few = counted(lambda: chen.get(path))
    fill(chengdu, 12)
    assert counted(lambda: chen.get(path)) == few, f"{path} costs more with more rows"
    compare(baseline, f"GET {path}", few)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_store_without_anything_says_so(chen: Client) -> None:
    expected = {
        "/team/": "未分配",
        "/team/work/": "没有待做的回访",
        "/team/deputies/": "没有人请假",
        "/kpis/": "本月没有数据",
        "/kpis/figure/": "近 12 个月没有数据",
        "/kpis/records/": "没有记录",
        "/checks/": "这个月还没有抽检",
        "/reports/": "这一天没有回访",
        "/reports/month/": "合计",
    }
    for path, said in expected.items():
        assert said in words(chen.get(path).content.decode()), path


def test_the_board_alone_is_asked_again(chengdu: Tenant, chen: Client) -> None:
    fill(chengdu, 2)
    part = chen.get("/team/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "李娜" in part


def test_calls_are_handed_over_on_the_page(chengdu: Tenant, chen: Client) -> None:
    with inside(chengdu):
        keys = [str(a_call()) for _ in range(3)]
        lina = staff("李娜").pk
    empty = chen.post("/team/assignment/", {"to": str(lina)})
    assert (empty.status_code, "请先勾选" in empty.content.decode()) == (422, True)
    nobody = chen.post("/team/assignment/", {"call": keys})
    assert (nobody.status_code, "请选择改派给谁" in nobody.content.decode()) == (422, True)
    assert nobody.content.decode().count(" checked") == 3
    done = chen.post("/team/assignment/", {"call": keys[:2], "to": [str(lina)]}, follow=True)
    assert "已改派 2 个回访" in done.content.decode()
    theirs = words(chen.get(f"/team/work/{lina}/").content.decode())
    assert "共 2 个" in theirs


@pytest.mark.parametrize("data", [{"call": "x", "to": "everybody"}, {"call": "", "to": "x"}])
def test_a_mangled_form_is_refused_in_words(chen: Client, data: dict[str, Any]) -> None:
    assert chen.post("/team/assignment/", data).status_code == 422


def test_a_deputy_is_appointed_and_what_was_typed_stays(chengdu: Tenant, chen: Client) -> None:
    with inside(chengdu):
        lina, zhou = staff("李娜").pk, staff("周思颖").pk
    typed = {"absent": lina, "deputy": lina, "first": "2031-01-01", "last": "2031-01-05", "reason": "婚假"}
    refused = chen.post("/team/deputies/new/", typed)
    assert refused.status_code == 422
    assert 'value="婚假"' in refused.content.decode()
    done = chen.post("/team/deputies/new/", {**typed, "deputy": zhou}, follow=True).content.decode()
    assert "代理已登记" in done
    assert "未开始" in done
    again = chen.post("/team/deputies/new/", {**typed, "deputy": zhou})
    assert again.status_code == 409


def test_a_leavers_calls_are_handed_over_with_the_removal(chengdu: Tenant, chen: Client) -> None:
    with inside(chengdu):
        lina, zhou = staff("李娜"), staff("周思颖")
        key = a_call()
        FollowUp.objects.filter(pk=key).update(assignee=lina)
        address = f"/staff/{lina.pk}/removal/"
    assert "还有 1 个未完成的回访" in chen.get(address).content.decode()
    assert chen.post(address, {"to": str(zhou.pk)}).status_code == 302
    with inside(chengdu):
        assert FollowUp.objects.get(pk=key).assignee_id == zhou.pk
    assert not Membership.objects.filter(staff_id=lina.pk, ended_at=None).exists()


def test_a_figure_and_the_records_behind_it_are_the_same(chengdu: Tenant, chen: Client) -> None:
    fill(chengdu, 3)
    now = timezone.now()
    with inside(chengdu):
        month = month_of(store(), now)
        for key in FollowUp.objects.filter(rule="third-call").values_list("pk", flat=True)[:2]:
            FollowUp.objects.filter(pk=key).update(state="given_up")
    for month_key in (month.key, month.moved(-1).key):
        address = f"/kpis/figure/?kpi=callback_success&month={month_key}"
        shown = re.search(r"(\d+) / (\d+)", words(chen.get(address).content.decode()))
        listed = chen.get(f"/kpis/records/?kpi=callback_success&month={month_key}").content.decode()
        missed = chen.get(f"/kpis/records/?kpi=callback_success&month={month_key}&missed=1").content.decode()
        part, whole = (int(one) for one in shown.groups()) if shown else (0, 0)
        assert listed.count('class="table__main') == whole
        assert missed.count('class="table__main') == whole - part


@pytest.mark.parametrize(
    "query",
    ["kpi=made-up", "kpi=data_accuracy", "kpi=csi&staff=x", "kpi=csi&rule=made-up", f"kpi=csi&staff={'0' * 32}"],
)
def test_what_there_isnt_is_not_found(chen: Client, query: str) -> None:
    assert chen.get(f"/kpis/figure/?{query}").status_code == 404


@pytest.mark.parametrize("query", ["month=2026-13", "month=1", "month=9999-01", "page=x", "page=99999"])
def test_odd_months_and_pages_are_the_nearest_there_is(chen: Client, query: str) -> None:
    assert chen.get(f"/kpis/records/?kpi=csi&{query}").status_code == 200
    assert chen.get(f"/reports/month/?{query}").status_code == 200


def test_a_workbook_is_sent_as_one(chengdu: Tenant, chen: Client) -> None:
    fill(chengdu, 2)
    for data in ({"kind": "service"}, {"kind": "service", "month": "2026-11"}):
        answer = chen.post("/reports/export/", data)
        assert answer.status_code == 200
        assert answer.content[:2] == b"PK"
        assert "no-store" in answer["Cache-Control"]
        assert "filename*=UTF-8''" in answer["Content-Disposition"]
    refused = chen.post("/reports/export/", {"kind": "service", "full": "on"})
    assert (refused.status_code, "须写明用途" in refused.content.decode()) == (422, True)


def test_a_specialist_sees_their_own_results_only(
    chengdu: Tenant, chen: Client, client_of: Callable[[str], Client]
) -> None:
    fill(chengdu, 1)
    with inside(chengdu):
        key = Check.objects.values_list("pk", flat=True)[0]
    lina = client_of("李娜")
    assert lina.get(f"/checks/{key}/").status_code == 403
    points = {f"p-{name}": "yes" for name in ("greeting", "questions", "closing")}
    assert chen.post(f"/checks/{key}/result/", {**points, "comment": "很好"}).status_code == 302
    shown = lina.get(f"/checks/{key}/").content.decode()
    assert "很好" in shown
    assert 'type="radio"' not in shown
    assert client_of("周思颖").get(f"/checks/{key}/").status_code == 403
    assert "专员已看" in chen.get("/checks/").content.decode()

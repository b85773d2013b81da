"""The page of standards: who sees it, what it shows, that it changes nothing, and choosing one."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from followups_support import at, car, deliver, repair
from leads_support import a_lead

from crm.followups import outlook, planner
from crm.followups.models import FollowUp
from crm.store.models import Store
from frontend.bars import bars
from sanfang.audit.models import Event
from sanfang.standards.definitions import BLANK
from sanfang.standards.packs import load_pack, shipped_packs
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
MANAGER = "陈雅婷"


@pytest.fixture
def business(chengdu: Tenant) -> Tenant:
    with inside(chengdu):
        today = timezone.localdate()
        for days in range(3):
            deliver(car(), str(today - timedelta(days=days)))
            day = today - timedelta(days=days + 1)
            repair(car(), f"{day} 09:00", f"{day} 16:00")
        planner.plan(timezone.now())
        outlook.forget(timezone.now())
    return chengdu


def get(client_of: Any, query: str = "", name: str = MANAGER) -> Any:
    return client_of(name).get(f"/standards/{query}")


def test_the_page_compares_and_changes_nothing(business: Tenant, client_of: Any) -> None:
    with inside(business):
        before = list(FollowUp.objects.values()), list(Store.objects.values())
    page = get(client_of, "?against=aosheng-chain&weeks=8&people=2").content.decode()
    assert "这套标准要我们做什么？" in page
    assert load_pack("aosheng-chain").title.zh in page
    assert page.count('class="bars__bar bars__bar--1"') > 2
    assert "120 天招揽" in page
    assert "失联招揽" in page
    assert "提前 10–3 天" in page
    with inside(business):
        assert (list(FollowUp.objects.values()), list(Store.objects.values())) == before
        outlook.forget(timezone.now())


@pytest.mark.parametrize("query", ["?against=toyota&weeks=x&people=-1", "?people=99999999999", "?people=٣", "?weeks="])
def test_any_address_is_answered(business: Tenant, client_of: Any, query: str) -> None:
    assert get(client_of, query).status_code == 200


@pytest.mark.parametrize("name", ["李娜", "罗建川", MANAGER])
def test_managers_see_it_and_specialists_do_not(business: Tenant, client_of: Any, name: str) -> None:
    expected = 403 if name == "李娜" else 200
    assert get(client_of, name=name).status_code == expected
    client = client_of(name)
    assert client.get("/standards/choice/?pack=saic-vw-crc").status_code == expected
    done = client.post("/standards/choice/", {"pack": "saic-vw-crc", "version": load_pack("saic-vw-crc").version})
    assert done.status_code == (403 if name == "李娜" else 302)
    with inside(business):
        assert Store.objects.get().pack == ("changan-dcrc" if name == "李娜" else "saic-vw-crc")
        assert Event.objects.filter(kind="standard.chosen").count() == (0 if name == "李娜" else 1)


def test_choosing_is_asked_once_more_and_told(business: Tenant, client_of: Any) -> None:
    client = client_of(MANAGER)
    assert "从今天起按" in client.get("/standards/choice/?pack=aosheng-chain").content.decode()
    version = load_pack("aosheng-chain").version
    done = client.post("/standards/choice/", {"pack": "aosheng-chain", "version": version}, follow=True)
    assert "从今天起按“奥升连锁分店客服工作规范”工作。" in done.content.decode()
    with inside(business):
        place = Store.objects.get()
        assert (place.pack, place.pack_version, place.standard_since) == ("aosheng-chain", version, _today(place))


def _today(place: Store) -> date:
    return place.changed_at.astimezone(at("2026-01-01 00:00").tzinfo).date()


@pytest.mark.parametrize(
    ("pack", "version", "status"),
    [("saic-vw-crc", "1999", 409), ("changan-dcrc", "2009.1", 409), ("toyota", "1", 404), ("", "", 404)],
)
def test_what_cannot_be_chosen_changes_nothing(
    business: Tenant, client_of: Any, pack: str, version: str, status: int
) -> None:
    assert client_of(MANAGER).post("/standards/choice/", {"pack": pack, "version": version}).status_code == status
    with inside(business):
        assert str(Store.objects.get()) == f"changan-dcrc {load_pack('changan-dcrc').version}"
        assert not Event.objects.filter(kind="standard.chosen").exists()


def test_a_large_store_waits_with_its_progress(
    business: Tenant, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlook, "AT_ONCE", 0)
    monkeypatch.setattr("crm.followups.tasks.work_out_standards.later", lambda: None)
    client = client_of(MANAGER)
    page = client.get("/standards/").content.decode()
    assert 'hx-get="/standards/progress/?against=' in page
    assert "正在推算" in page
    asked = {"HTTP_HX_REQUEST": "true"}
    assert "正在推算" in client.get("/standards/progress/", **asked).content.decode()
    with inside(business):
        outlook.work_out(timezone.now())
    led = client.get("/standards/progress/?against=aosheng-chain", **asked)
    assert led["HX-Redirect"].startswith("/standards/?against=aosheng-chain&weeks=4&people=")
    assert "按规则，每周" in client.get("/standards/").content.decode()
    assert client.post("/standards/again/", {"against": "aosheng-chain"}).status_code == 302
    assert "正在推算" in client.get("/standards/").content.decode()
    with inside(business):
        outlook.forget(timezone.now())


def test_statements_of_the_page(business: Tenant, client_of: Any, django_assert_num_queries: Any) -> None:
    """However many vehicles there are: what was worked out is kept."""
    client = client_of(MANAGER)
    client.get("/standards/")
    with django_assert_num_queries(8):
        client.get("/standards/")
    with inside(business):
        outlook.forget(timezone.now())


def test_calls_of_lists_and_draws_have_a_page_without_a_car(chengdu: Tenant, client_of: Any) -> None:
    with inside(chengdu):
        Store.objects.update(pack="saic-vw-crc", pack_version=load_pack("saic-vw-crc").version)
        day = str(timezone.localdate() - timedelta(days=8))
        for kind in ("lost_leads", "lost_list", "canvassing"):
            a_lead(kind, day)
        planner.plan(timezone.now())
        calls = list(FollowUp.objects.values_list("rule", "pk"))
    assert sorted(rule for rule, _key in calls) == ["lost-list", "lost-list", "lost-sale"]
    for rule, key in calls:
        page = client_of("李娜").get(f"/workbench/{key}/").content.decode()
        assert load_pack("saic-vw-crc").scripts[rule].title.zh in page
        assert BLANK not in page


def test_bars() -> None:
    chart = bars([[0, 10], [20, 5]], ["3月1日", "3月2日"], ["甲", "乙"], [12, 0], every=7)
    assert [(bar.series, bar.label) for bar in chart.bars] == [
        (0, "3月2日 甲 10"),
        (1, "3月1日 乙 20"),
        (1, "3月2日 乙 5"),
    ]
    tallest = max(chart.bars, key=lambda bar: bar.height)
    assert (tallest.series, tallest.y) == (1, 14)
    assert {round(bar.y + bar.height, 1) for bar in chart.bars} == {float(chart.bottom)}
    assert [tick.label for tick in chart.ticks] == ["0", "5", "10", "15", "20"]
    assert [day.label for day in chart.days] == ["3月1日"]
    assert chart.capacity.startswith("M44")
    assert not bars([[], []], [], ["甲", "乙"], [], every=7).bars
    assert len(shipped_packs()) == 4

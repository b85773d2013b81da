"""Finding customers and reading one file: masked, logged, edited only where it may be, and nobody is overwritten."""

from collections.abc import Callable
from typing import Any

import pytest
from care_support import a_customer
from desk_support import call_of, plan, repaired
from django.test import Client
from django.utils import timezone
from followups_support import car, customer

from crm.customers.actions import report_wrong
from crm.customers.models import Customer, TrackingItem
from crm.vehicles.models import Ownership
from sanfang.audit.models import Access, History
from sanfang.tenancy.context import inside
from tenants.models import Tenant

HTMX = {"HX-Request": "true"}


@pytest.fixture
def lina(client_of: Callable[[str], Client]) -> Client:
    return client_of("李娜")


@pytest.fixture
def chen(chengdu: Tenant) -> Customer:
    with inside(chengdu):
        owner = repaired("陈雅琴", 2, plate="川A8K26N")
        plan()
        return owner


def page(client: Client, one: Customer) -> str:
    return client.get(f"/customers/{one.pk}/").content.decode()


def test_the_palette_finds_people_screens_and_deeds(lina: Client, chen: Customer) -> None:
    html = lina.get("/search/?q=cyq", headers=HTMX).content.decode()
    assert f'href="/customers/{chen.pk}/"' in html
    assert chen.mobile not in html
    screens = lina.get("/search/?q=回访", headers=HTMX).content.decode()
    assert 'href="/workbench/"' in screens
    assert 'href="/workbench/?queue=overdue"' in screens
    assert 'href="/imports/"' in lina.get("/search/?q=dr", headers=HTMX).content.decode()


def test_the_palette_offers_nobody_more_than_their_pages(client_of: Callable[[str], Client], chen: Customer) -> None:
    advisor = client_of("邓凯").get("/search/?q=陈雅琴", headers=HTMX).content.decode()
    assert "陈雅琴</b>" not in advisor
    everything = client_of("邓凯").get("/search/?q=", headers=HTMX).content.decode()
    assert 'href="/tracking/"' in everything
    assert 'href="/workbench/"' not in everything
    assert "/imports/new/" not in everything


def test_without_scripts_the_customers_page_searches(lina: Client, chen: Customer) -> None:
    assert lina.get("/search/?q=8K26N")["Location"] == "/customers/?q=8K26N"
    html = lina.get("/customers/?q=8K26N").content.decode()
    assert f'href="/customers/{chen.pk}/"' in html
    assert "没有找到" in lina.get("/customers/?q=zzzzzz").content.decode()
    assert "再多输入一些" in lina.get("/customers/?q=52").content.decode()


def test_the_file_shows_everything_and_no_number(lina: Client, chengdu: Tenant, chen: Customer) -> None:
    with inside(chengdu):
        wife = customer("周敏", mobile=chen.mobile)
        son = customer("陈小明")
        Ownership.objects.create(
            vehicle=Ownership.objects.get(customer=chen).vehicle, customer=son, since="2018-01-01", until="2020-01-01"
        )
        call = call_of(chen)
        Customer.objects.filter(pk=chen.pk).update(address="锦城大道 1 号")
    html = page(lina, chen)
    assert chen.mobile not in html
    assert f'href="/workbench/{call.pk}/"' in html
    for text in ("川A8K26N", "低速刹车有异响", "周敏", "同一手机", "陈小明", "同一辆车", "锦城大道 1 号", "资料变更"):
        assert text in html, text
    assert str(wife.pk) in html


def test_a_look_at_the_number_is_written_down(lina: Client, chengdu: Tenant, chen: Customer) -> None:
    answer = lina.post(f"/customers/{chen.pk}/reveal/", headers=HTMX).content.decode()
    assert chen.mobile[-4:] in answer
    with inside(chengdu):
        assert Access.objects.get().object == chen.pk


def test_history_shows_old_and_new_and_masks_numbers(lina: Client, chengdu: Tenant, chen: Customer) -> None:
    with inside(chengdu):
        Customer.objects.filter(pk=chen.pk).update(mobile="15499998888", name="陈雅芹")
    html = page(lina, chen)
    assert "陈雅琴" in html
    assert "154****8888" in html
    assert "15499998888" not in html
    assert chen.mobile not in html
    assert "系统（文件导入）" in html


def edit(client: Client, one: Customer, field: str, value: str, seen: str = "") -> Any:
    return client.post(f"/customers/{one.pk}/editing/", {"field": field, "value": value, "seen": seen})


def test_a_field_is_edited_in_its_place(lina: Client, chengdu: Tenant, chen: Customer) -> None:
    assert edit(lina, chen, "birthday", "1985-06-18").status_code == 302
    assert edit(lina, chen, "address", " 锦城大道 1 号 ").status_code == 302
    with inside(chengdu):
        chen.refresh_from_db()
        assert (str(chen.birthday), chen.address) == ("1985-06-18", "锦城大道 1 号")
    html = page(lina, chen)
    assert "李娜" in html


REFUSED = {
    "a protected field": ("mobile", "15400000000", ""),
    "the name": ("name", "别人", ""),
    "ours": ("do_not_call", "1", ""),
    "nothing of the sort": ("pk", "1", ""),
    "no date": ("birthday", "昨天", ""),
    "a day to come": ("birthday", "2199-01-01", ""),
    "too long": ("address", "长" * 301, ""),
    "a gender that isn't one": ("gender", "robot", ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_changes_nothing(lina: Client, chengdu: Tenant, chen: Customer, case: str) -> None:
    with inside(chengdu):
        before = Customer.objects.values().get(pk=chen.pk)
        known = History.objects.count()
    answer = edit(lina, chen, *REFUSED[case])
    assert answer.status_code == 422
    with inside(chengdu):
        assert Customer.objects.values().get(pk=chen.pk) == before
        assert History.objects.count() == known


def test_a_colleague_who_was_quicker_is_not_overwritten(lina: Client, chengdu: Tenant, chen: Customer) -> None:
    edit(lina, chen, "address", "甲路 1 号")
    answer = edit(lina, chen, "address", "乙路 2 号", seen="")
    assert answer.status_code == 422
    assert "甲路 1 号" in answer.content.decode()
    assert "乙路 2 号" in answer.content.decode()
    with inside(chengdu):
        assert Customer.objects.get(pk=chen.pk).address == "甲路 1 号"


def test_wrong_data_waits_for_confirmation_where_everybody_sees_it(
    lina: Client, chengdu: Tenant, chen: Customer
) -> None:
    answer = lina.post(f"/customers/{chen.pk}/report/", {"field": "name", "note": "应为芹"})
    assert answer.status_code == 302
    with inside(chengdu):
        item = TrackingItem.objects.get()
        assert (item.field, item.wrong_value, item.state) == ("name", "陈雅琴", "open")
        assert item.owner is not None
    assert "待更正" in page(lina, chen)


def test_a_refused_report_keeps_what_was_typed(lina: Client, chengdu: Tenant) -> None:
    with inside(chengdu):
        nobody = customer("无号", mobile="")
    answer = lina.post(f"/customers/{nobody.pk}/report/", {"field": "mobile", "note": "没有号码"})
    assert answer.status_code == 422
    assert 'value="没有号码"' in answer.content.decode()


def test_sales_and_service_read_and_change_nothing(
    client_of: Callable[[str], Client], chengdu: Tenant, chen: Customer
) -> None:
    manager = client_of("蒋国华")
    html = page(manager, chen)
    assert "customer-editing" not in html
    assert f"/customers/{chen.pk}/editing/" not in html
    assert f"/customers/{chen.pk}/reveal/" not in html
    for verb in ("editing", "reveal", "report"):
        assert manager.post(f"/customers/{chen.pk}/{verb}/").status_code == 403
    with inside(chengdu):
        assert not Access.objects.exists()


def test_wrong_numbers_are_not_offered(lina: Client, chengdu: Tenant, chen: Customer, actor: Any) -> None:
    with inside(chengdu):
        report_wrong(actor("李娜"), chen, field="mobile", note="", owner=None, now=timezone.now())
    html = page(lina, chen)
    assert "没有电话号码" in html
    assert f"/customers/{chen.pk}/reveal/" not in html


def test_a_customer_of_another_store_is_not_there(lina: Client, suzhou: Tenant) -> None:
    with inside(suzhou):
        foreign = a_customer()
        car(foreign)
    assert lina.get(f"/customers/{foreign.pk}/").status_code == 404


def test_long_words_and_an_empty_file(lina: Client, chengdu: Tenant) -> None:
    with inside(chengdu):
        long = customer("长" * 120, mobile="", address="路" * 300)
    html = page(lina, long)
    assert "名下没有车辆" in html
    assert "还没有记录" in html

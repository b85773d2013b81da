"""The list of pairs, one pair side by side, and what a decision leads to."""

from typing import Any

from django.utils import timezone
from doubles_support import a_double
from followups_support import car, customer

from crm.customers.models import Customer
from crm.doubles.finding import look
from crm.doubles.models import Pair
from sanfang.tenancy.context import inside


def test_a_pair_is_decided_and_the_next_is_shown(client_of: Any, chengdu: Any) -> None:
    manager = client_of("陈雅婷")
    with inside(chengdu):
        pair = a_double(mobile="15412345687", address="人民南路")
        further = a_double()
        car(Customer.objects.get(pk=pair.first), plate="川A12345")
    listed = manager.get("/doubles/").text
    assert listed.count("手机相同，姓名读音相近") == 2
    assert '<span class="tag">川A12345</span>' in listed
    page = manager.get(f"/doubles/{pair.pk}/").text
    assert "154****5687" in page
    assert "15412345687" not in page
    assert "第 10 位" in page
    assert page.count('<span class="tag">川A12345</span>') == 1
    answer = manager.post(f"/doubles/{pair.pk}/merge/", {"keep": "second", "field-name": "first"})
    assert (answer.status_code, answer.url) == (302, f"/doubles/{further.pk}/")
    with inside(chengdu):
        kept = Customer.objects.get(pk=pair.second)
        first = Customer.objects.filter(pk=pair.first)
        assert not first.exists()
        assert kept.name in {"张伟", "章伟"}
    answer = manager.post(f"/doubles/{further.pk}/different/")
    assert answer.url == "/doubles/"
    decided = manager.get("/doubles/?show=decided").text
    assert f"/doubles/{pair.pk}/apart/" in decided
    manager.post(f"/doubles/{pair.pk}/apart/")
    with inside(chengdu):
        assert set(Pair.objects.values_list("state", flat=True)) == {"apart", "different"}
        assert Customer.objects.filter(pk__in=[pair.first, pair.second]).count() == 2


def test_a_pair_that_went_with_the_merge_is_not_the_next(client_of: Any, chengdu: Any) -> None:
    with inside(chengdu):
        for name in ("张伟", "章伟", "张玮"):
            customer(name, mobile="15412345678")
        look(timezone.now())
        pairs = list(Pair.objects.order_by("pk"))
    manager = client_of("陈雅婷")
    # Who goes is of the pair that would come next.
    keep = "second" if pairs[0].first in (pairs[1].first, pairs[1].second) else "first"
    answer = manager.post(f"/doubles/{pairs[0].pk}/merge/", {"keep": keep})
    assert manager.get(answer.url).status_code == 200


def test_without_a_choice_nothing_is_merged(client_of: Any, chengdu: Any) -> None:
    with inside(chengdu):
        pair = a_double()
        before = list(Customer.objects.order_by("pk").values())
    answer = client_of("陈雅婷").post(f"/doubles/{pair.pk}/merge/", {})
    assert answer.status_code == 422
    assert "请选择保留哪一份档案" in answer.text
    with inside(chengdu):
        assert list(Customer.objects.order_by("pk").values()) == before


def test_what_was_decided_meanwhile_leads_to_the_list(client_of: Any, chengdu: Any) -> None:
    with inside(chengdu):
        pair = a_double("merged")
        gone = a_double()
        Customer.objects.filter(pk=gone.first).delete()
        customer("没有重复")
    manager = client_of("陈雅婷")
    assert manager.get(f"/doubles/{pair.pk}/").url == "/doubles/?show=decided"
    assert manager.get(f"/doubles/{gone.pk}/").url == "/doubles/?show=decided"
    assert manager.post(f"/doubles/{gone.pk}/merge/", {"keep": "first"}).url == "/doubles/"
    assert manager.get("/doubles/").status_code == 200


def test_specialists_see_neither_the_list_nor_the_place(client_of: Any, chengdu: Any) -> None:
    lina = client_of("李娜")
    assert lina.get("/doubles/").status_code == 403
    assert "/doubles/" not in lina.get("/imports/").text

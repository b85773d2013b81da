"""Doing something with a row of a list: complaints and wrong data, by plain forms and by htmx."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from row_support import RIGHT, a_complaint, corrected_data, wrong_data

from crm.complaints.actions import first_contact
from crm.complaints.models import Complaint
from crm.customers.models import TrackingItem
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from tenants.models import Tenant

HTMX = {"HX-Request": "true"}
People = Callable[[str], Client]


def inside_of(tenant: Tenant, make: Callable[..., UUID], *words: Any) -> UUID:
    with inside(tenant):
        return make(*words)


def contact(client: Client, key: UUID, note: str = "已致歉", **headers: str) -> Any:
    return client.post(f"/complaints/{key}/first-contact/", {"note": note}, headers=headers)


def dial(client: Client, key: UUID, headers: dict[str, str] | None = None) -> Any:
    return client.post(f"/tracking/{key}/call/", {"show": "corrected"}, headers=headers or {})


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_first_contact_leads_back_to_the_list_and_says_so(chengdu: Tenant, client_of: People) -> None:
    key = inside_of(chengdu, a_complaint)
    manager = client_of("蒋国华")
    assert "已联系，停止计时" in text_of(manager.get("/complaints/"))
    answer = contact(manager, key, "客户周五到店")
    assert answer["Location"] == "/complaints/"
    page = text_of(manager.get("/complaints/"))
    assert "已登记首次联系，计时停止。" in page
    assert "按时完成" in page
    with inside(chengdu):
        assert Complaint.objects.get(pk=key).contact_note == "客户周五到店"


def test_with_htmx_only_the_row_and_the_figures_come(chengdu: Tenant, client_of: People) -> None:
    key = inside_of(chengdu, a_complaint)
    answer = contact(client_of("蒋国华"), key, **HTMX)
    page = text_of(answer)
    assert f'<tr id="complaint-{key}"' in page
    assert "按时完成" in page
    assert re.search(r'id="complaint-stats" hx-swap-oob="true"', page)
    assert "<html" not in page
    assert "toast" in answer["HX-Trigger-After-Settle"]


@pytest.mark.parametrize(("headers", "status"), [({}, 409), (HTMX, 200)])
def test_who_was_second_reads_who_was_first_and_keeps_what_was_typed(
    chengdu: Tenant,
    client_of: People,
    actor: Callable[[str], Actor],
    headers: dict[str, str],
    status: int,
) -> None:
    key = inside_of(chengdu, a_complaint)
    with inside(chengdu):
        complaint = Complaint.objects.get(pk=key)
        first_contact(actor("唐敏"), complaint, note="已致电", now=complaint.registered_at)
    answer = contact(client_of("蒋国华"), key, "<b>我也打了</b>", **headers)
    assert answer.status_code == status
    page = text_of(answer)
    assert "唐敏已经联系过客户" in page
    assert "&lt;b&gt;我也打了&lt;/b&gt;" in page
    with inside(chengdu):
        assert Complaint.objects.get(pk=key).contact_note == "已致电"


@pytest.mark.parametrize(("headers", "status"), [({}, 422), (HTMX, 200)])
def test_a_contact_without_a_note_is_asked_for_one(
    chengdu: Tenant, client_of: People, headers: dict[str, str], status: int
) -> None:
    key = inside_of(chengdu, a_complaint)
    answer = contact(client_of("蒋国华"), key, "  ", **headers)
    assert answer.status_code == status
    assert "请写明客户怎么说、约定了什么。" in text_of(answer)
    with inside(chengdu):
        assert Complaint.objects.get(pk=key).contacted_at is None


def test_who_may_not_handle_complaints_is_offered_nothing(chengdu: Tenant, client_of: People) -> None:
    inside_of(chengdu, a_complaint)
    page = text_of(client_of("李娜").get("/complaints/"))
    assert "空调异响未修好" in page
    assert "first-contact" not in page
    assert "table__action" not in page


@pytest.mark.parametrize(("headers", "status"), [({}, 422), (HTMX, 200)])
def test_a_bad_number_stays_in_the_field_with_what_is_wrong_beside_it(
    chengdu: Tenant, client_of: People, headers: dict[str, str], status: int
) -> None:
    key = inside_of(chengdu, wrong_data, "邓凯")
    address = f"/tracking/{key}/correction/"
    answer = client_of("邓凯").post(address, {"value": "1540000", "show": "open"}, headers=headers)
    assert answer.status_code == status
    page = text_of(answer)
    assert 'value="1540000"' in page
    assert re.search(rf'id="error-{key}" role="alert">.*请输入 11 位手机号。', page)
    assert '<details class="row-form" open>' in page
    with inside(chengdu):
        assert TrackingItem.objects.get(pk=key).state == "open"


def test_corrected_and_verified(chengdu: Tenant, client_of: People) -> None:
    key = inside_of(chengdu, wrong_data, "邓凯")
    answer = client_of("邓凯").post(f"/tracking/{key}/correction/", {"value": RIGHT}, headers=HTMX)
    assert "已更正，待核实" in text_of(answer)
    lina = client_of("李娜")
    page = text_of(lina.get("/tracking/?show=corrected"))
    assert "拨打核实" in page
    assert "核实无误" not in page
    row = text_of(dial(lina, key, HTMX))
    assert f'href="tel:{RIGHT}"' in row
    assert "核实无误" in row
    answer = lina.post(f"/tracking/{key}/verification/", {"show": "corrected"})
    assert answer["Location"] == "/tracking/?show=corrected"
    with inside(chengdu):
        assert TrackingItem.objects.get(pk=key).state == "verified"


def test_the_number_comes_without_scripts_as_well(chengdu: Tenant, client_of: People) -> None:
    key = inside_of(chengdu, corrected_data)
    lina = client_of("李娜")
    page = text_of(dial(lina, key))
    assert "<html" in page
    assert f'href="tel:{RIGHT}"' in page
    assert RIGHT not in text_of(lina.get("/tracking/?show=corrected"))


@pytest.mark.parametrize(("headers", "status"), [({}, 422), (HTMX, 200)])
def test_nobody_verifies_what_they_did_not_dial(
    chengdu: Tenant, client_of: People, headers: dict[str, str], status: int
) -> None:
    key = inside_of(chengdu, corrected_data)
    answer = client_of("李娜").post(f"/tracking/{key}/verification/", {"show": "corrected"}, headers=headers)
    assert answer.status_code == status
    assert "请先拨打客户电话" in text_of(answer)
    with inside(chengdu):
        assert TrackingItem.objects.get(pk=key).state == "corrected"


def test_the_counts_above_change_with_the_row_and_the_filter_stays(chengdu: Tenant, client_of: People) -> None:
    key = inside_of(chengdu, corrected_data)
    lina = client_of("李娜")
    dial(lina, key)
    answer = lina.post(f"/tracking/{key}/verification/", {"show": "corrected"}, headers=HTMX)
    filters = dict(re.findall(r'href="\?show=(\w+)"( aria-current="true")?', text_of(answer)))
    assert filters == {"open": "", "corrected": ' aria-current="true"', "done": ""}
    assert re.search(r'待核实 <span class="segmented__count">0</span>', text_of(answer))


def test_twice_the_same_is_refused_in_words(chengdu: Tenant, client_of: People) -> None:
    key = inside_of(chengdu, corrected_data)
    lina = client_of("李娜")
    dial(lina, key)
    for expected in (302, 409):
        answer = lina.post(f"/tracking/{key}/verification/", {"show": "corrected"})
        assert answer.status_code == expected
    # The row has left the list that is shown, so the refusal stands above it.
    assert "已经核实，请刷新页面查看。" in text_of(answer)


def test_a_strangers_item_is_not_ones_own(chengdu: Tenant, client_of: People) -> None:
    key = inside_of(chengdu, wrong_data, "邓凯")
    other = client_of("冯小军")
    assert str(key) not in text_of(other.get("/tracking/"))
    assert other.post(f"/tracking/{key}/correction/", {"value": RIGHT}).status_code == 403

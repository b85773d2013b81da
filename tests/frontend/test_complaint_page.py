"""A complaint's own page: whom to phone about what, the number on request, and what was said."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from care_support import DISSATISFIED
from desk_support import actor_named, call_of, end, plan, repaired
from django.test import Client
from row_support import a_complaint

from crm.complaints.models import Complaint
from sanfang.audit.models import Access
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("at_ten")

HANDLER, SPECIALIST, MANAGER = "蒋国华", "李娜", "唐敏"
SAID = "还是有异响"
People = Callable[[str], Client]


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def complaint(chengdu: Tenant) -> Complaint:
    """By a call in which the customer was dissatisfied."""
    with inside(chengdu):
        owner = repaired("陈雅琴")
        plan()
        answers = DISSATISFIED | {"opinion": {"value": SAID, "reasons": []}}
        end(actor_named(SPECIALIST), call_of(owner), "completed", answers=answers)
        return Complaint.objects.select_related("customer").get(customer=owner)


def test_the_list_leads_to_the_page_and_the_page_to_the_call(
    chengdu: Tenant, client_of: People, complaint: Complaint
) -> None:
    address, call = f"/complaints/{complaint.pk}/", f"/workbench/{complaint.follow_up_id}/"
    manager = client_of(MANAGER)
    assert f'href="{address}"' in text_of(manager.get("/complaints/"))
    page = text_of(manager.get(address))
    for shown in (complaint.number, "陈雅琴", "川A8K26N", SAID, "等待时间长", f'href="{call}"'):
        assert shown in page
    assert complaint.customer.mobile not in page
    # A service manager has no part in callbacks.
    assert call not in text_of(client_of(HANDLER).get(address))


def test_the_call_leads_to_the_complaint(chengdu: Tenant, client_of: People, complaint: Complaint) -> None:
    page = text_of(client_of(MANAGER).get(f"/workbench/{complaint.follow_up_id}/"))
    assert page.count(f'href="/complaints/{complaint.pk}/"') == 2  # the alert above, the result beside


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_the_number_comes_on_request_and_is_written_down(
    chengdu: Tenant, client_of: People, complaint: Complaint, headers: dict[str, str]
) -> None:
    answer = client_of(HANDLER).post(f"/complaints/{complaint.pk}/reveal/", headers=headers)
    assert f'href="tel:{complaint.customer.mobile}"' in text_of(answer)
    with inside(chengdu):
        seen = Access.objects.get(reason=complaint.number)
        assert (seen.staff.name, seen.object) == (HANDLER, complaint.customer_id)


def test_who_may_not_handle_it_is_offered_neither_number_nor_note(
    chengdu: Tenant, client_of: People, complaint: Complaint
) -> None:
    page = text_of(client_of(SPECIALIST).get(f"/complaints/{complaint.pk}/"))
    assert complaint.number in page
    assert "reveal" not in page
    assert "first-contact" not in page


def test_what_was_said_stands_on_the_page_with_who_and_when(chengdu: Tenant, client_of: People) -> None:
    with inside(chengdu):
        key: UUID = a_complaint()
    address, handler = f"/complaints/{key}/", client_of(HANDLER)
    refused = handler.post(f"{address}first-contact/", {"note": " ", "on_page": "1"})
    assert refused.status_code == 422
    assert "请写明客户怎么说、约定了什么。" in text_of(refused)
    answer = handler.post(f"{address}first-contact/", {"note": "约周五复检", "on_page": "1"})
    assert answer["Location"] == address
    page = text_of(handler.get(address))
    assert "约周五复检" in page
    assert HANDLER in page
    second = handler.post(f"{address}first-contact/", {"note": "我也打了", "on_page": "1"})
    assert second.status_code == 409
    assert "已经联系过客户" in text_of(second)
    assert "我也打了" in text_of(second)


def test_nothing_is_said_of_assignment_before_there_is_one(chengdu: Tenant, client_of: People) -> None:
    with inside(chengdu):
        a_complaint()
    assert "未分派" not in text_of(client_of(MANAGER).get("/complaints/"))

"""What goes wrong in the middle of a call: a key too many, a reload, another tab, a colleague, a dead network."""

import pytest
from caller_support import Enter, customers, held, submit
from playwright.sync_api import expect

from crm.followups.models import FollowUp
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = [pytest.mark.browser]


def test_ctrl_enter_twice_ends_one_call(sign_in: Enter, chengdu: Tenant) -> None:
    calls = customers(chengdu, 罗雪=3, 谭志伟=2)
    page = sign_in("周思颖", f"/workbench/{calls['罗雪'].pk}/")
    held(page)
    page.keyboard.press("F2")
    submit(page)
    page.wait_for_timeout(300)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#call-form").get_by_role("alert")).to_contain_text("请选择回访结果")
    expect(page.locator("input[name=outcome]:checked")).to_have_count(0)
    with inside(chengdu):
        assert sorted(FollowUp.objects.filter(attempts__gt=0, customer__name__in=calls).values_list("pk")) == [
            (calls["罗雪"].pk,)
        ]

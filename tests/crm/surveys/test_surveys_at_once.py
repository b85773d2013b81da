"""Two browsers with the same link at the same moment, on two real connections."""

from functools import partial

import pytest
from care_support import DISSATISFIED, NOW, a_customer, at_once, invite

from crm.complaints.models import Complaint
from crm.surveys import actions
from crm.surveys.models import Invitation, Response
from sanfang.kernel.errors import Conflict
from sanfang.messaging import tasks
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture(autouse=True)
def no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.send.app, "send_task", lambda *call, **how: None)


def test_one_answer_and_one_complaint_remain(chengdu: Tenant) -> None:
    with inside(chengdu):
        invitation, _code = invite(a_customer())
        browsers = [Invitation.objects.get(pk=invitation.pk) for _ in range(4)]
    results = at_once(
        chengdu,
        *(partial(actions.answer, one, answers=DISSATISFIED, note="", now=NOW) for one in browsers),
    )
    assert sorted(type(result).__name__ for result in results) == ["Conflict"] * 3 + ["Response"]
    assert {result.code for result in results if isinstance(result, Conflict)} == {"answered"}
    with inside(chengdu):
        assert Response.objects.filter(invitation=invitation).count() == 1
        assert Complaint.objects.filter(follow_up_id=invitation.follow_up_id).count() == 1

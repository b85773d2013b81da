"""The played past is a past: what was to be sent has been sent, what was verified had been dialled."""

from datetime import timedelta

import pytest
from desk_support import actor_named, day, repaired
from django.utils import timezone

from crm.complaints.models import Complaint
from crm.store.models import Store
from infra.demo import past
from sanfang.messaging.models import Message
from sanfang.tenancy.models import Staff
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("in_chengdu")


def test_every_message_of_the_past_left_within_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "OUTCOMES", {"refused": 3, "no_answer": 1, "wrong_number": 1})
    for number in range(6):
        repaired(f"客户{number}", 6)
    Store.objects.update(go_live=day(6))
    people = [actor_named(name) for name in Staff.objects.filter(active=True).values_list("name", flat=True)]
    cast = past.Cast(
        specialists=[one for one in people if one.role == "crc_specialist"],
        manager=actor_named("陈雅婷"),
        by_staff={one.staff_id: one for one in people},
    )
    past.play(Tenant.objects.get(slug="chengdu"), cast, timezone.now(), lambda _played: None)
    sent = list(Message.objects.all())
    assert sent
    assert {message.state for message in sent} == {"sent"}
    for message in sent:
        assert message.sent_at is not None
        assert timedelta(0) <= message.sent_at - message.queued_at < timedelta(hours=9)
    assert not Complaint.objects.filter(state="contacted", contact_note="").exists()

"""Keeping answers, and sending a questionnaire as a link that opens once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from care_support import (
    DISSATISFIED,
    MOBILE,
    NOW,
    SATISFIED,
    a_customer,
    a_vehicle,
    everything,
    invite,
    nothing_changes,
)
from django.utils.translation import override

from crm.complaints.models import Complaint
from crm.customers.models import Customer
from crm.surveys import actions, codes, queries
from crm.surveys.links import valid_for
from crm.surveys.models import Invitation, Response
from crm.surveys.questions import AnswersRefused
from sanfang.audit.models import History
from sanfang.kernel.errors import Conflict, DomainError, Forbidden
from sanfang.kernel.ids import SCHEMA_ALPHABET
from sanfang.kernel.permissions import Actor
from sanfang.messaging import secrets
from sanfang.messaging.models import Message
from sanfang.standards.packs import load_pack
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("in_chengdu")
Actors = Callable[[str], Actor]


def record(by: Actor | None, customer: Customer, answers: Any = SATISFIED, **more: Any) -> Response:
    given = {"vehicle": None, "source": "call", "follow_up_id": uuid4(), "note": "", "now": NOW, **more}
    return actions.record_answers(questionnaire="service-callback", customer=customer, answers=answers, by=by, **given)


class TestAnswersOnThePhone:
    def test_they_are_kept_raw_with_every_question_and_the_version_asked(self, actor: Actors) -> None:
        lina, follow_up = actor("李娜"), uuid4()
        response = record(lina, a_customer(), DISSATISFIED, vehicle=a_vehicle(), follow_up_id=follow_up, note=" 急 ")
        kept = Response.objects.get(follow_up_id=follow_up)
        assert kept.answers["overall"] == {"value": 1, "reasons": ["waiting", "price"]}
        assert kept.answers["opinion"] == {"value": None, "reasons": []}
        assert (kept.pack, kept.pack_version, kept.by_id, kept.note) == (
            "changan-dcrc",
            "2009.1",
            lina.staff_id,
            "急",
        )
        assert response.dissatisfied == kept.dissatisfied == ["overall", "clean"]
        assert History.objects.filter(object=kept.pk, change="+").count() == 1
        assert queries.of_follow_up(follow_up) == kept

    def test_a_dissatisfied_call_leaves_the_complaint_to_its_caller(self, actor: Actors) -> None:
        record(actor("李娜"), a_customer(), DISSATISFIED)
        assert Complaint.objects.count() == 0

    def test_missing_answers_are_refused_and_nothing_is_kept(self, actor: Actors) -> None:
        customer, lina = a_customer(), actor("李娜")
        with nothing_changes(), pytest.raises(AnswersRefused) as refused:
            record(lina, customer, {"overall": {"value": 5, "reasons": []}})
        assert list(refused.value.problems) == ["advisor", "explanation", "repaired", "clean"]

    def test_who_makes_no_calls_records_none(self, actor: Actors) -> None:
        customer = a_customer()
        for name in ("邓凯", "蒋国华"):
            with nothing_changes(), pytest.raises(Forbidden):
                record(actor(name), customer)

    def test_the_timeline_says_what_came_of_it(self, actor: Actors) -> None:
        customer = a_customer()
        response = record(actor("李娜"), customer, DISSATISFIED)
        (brief,) = queries.of_customer(customer)
        assert (brief.questionnaire, brief.source, brief.by, brief.dissatisfied) == ("维修回访问卷", "call", "李娜", 2)
        assert [low for _text, _words, low in queries.in_words(response)] == [True, False, False, False, True]


class TestInvitations:
    def test_the_message_is_a_notice_with_a_link_a_landline_and_a_way_to_refuse(self, in_chengdu: Tenant) -> None:
        invitation, code = invite(a_customer())
        message = invitation.message
        text = secrets.opened(message.text, message.sealed)
        assert text.startswith(f"【{in_chengdu.short_name}】陈女士您好，{in_chengdu.short_name}")
        assert f"http://localhost/s/{code} " in text
        assert f"请致电{in_chengdu.phone}。" in text
        assert "未能联系上您" in text
        assert text.endswith("拒收请回复R")
        assert (message.to, message.purpose, message.about) == (MOBILE, "survey_link", invitation.pk)
        assert MOBILE not in text
        assert invitation.customer.name not in text

    def test_somebodys_mobile_as_the_stores_number_stays_out_of_the_text(self, in_chengdu: Tenant) -> None:
        in_chengdu.phone = "15402443747"
        invitation, _code = invite(a_customer())
        assert "15402443747" not in invitation.message.text
        assert "致电" not in invitation.message.text

    def test_the_text_is_chinese_whatever_the_caller_reads(self) -> None:
        with override("en"):
            invitation, _code = invite(a_customer(gender=""))
        assert "尊敬的客户您好" in invitation.message.text

    def test_the_code_names_the_store_and_then_is_chance(self, in_chengdu: Tenant) -> None:
        seen = {invite(a_customer())[1] for _ in range(20)}
        assert len(seen) == 20
        assert {code[:4] for code in seen} == {in_chengdu.code}
        assert {len(code) for code in seen} == {16}
        assert len(SCHEMA_ALPHABET) ** 12 >= 2**60

    def test_the_code_stands_nowhere_in_the_tables_not_even_in_the_history(self) -> None:
        invitation, code = invite(a_customer())
        kept = str(everything())
        assert code not in kept
        assert code[4:] not in kept
        assert queries.invitation_of(code) == invitation

    def test_its_hash_needs_the_key(self, settings: Any) -> None:
        invitation, code = invite(a_customer())
        old = settings.SECRET_KEY
        settings.SECRET_KEY = "another"
        assert queries.invitation_of(code) is None
        settings.SECRET_KEY_FALLBACKS = [old]
        assert queries.invitation_of(code) == invitation

    def test_a_follow_up_sends_one_however_often_it_is_asked(self) -> None:
        customer, follow_up = a_customer(), uuid4()
        first, _code = invite(customer, follow_up_id=follow_up)
        again, _code = invite(customer, follow_up_id=follow_up, now=NOW + timedelta(days=1))
        assert again == first
        assert Message.objects.count() == 1

    @pytest.mark.parametrize("facts", [{"mobile": ""}, {"mobile_state": "wrong"}])
    def test_without_a_number_to_write_to_there_is_none(self, facts: dict[str, str]) -> None:
        customer = a_customer(**facts)
        with nothing_changes():
            sent = actions.invite(
                customer=customer, vehicle=None, follow_up_id=None, questionnaire="service-callback", now=NOW
            )
        assert sent is None

    def test_what_became_of_it_is_worked_out(self) -> None:
        invitation, _code = invite(a_customer())
        assert invitation.expires_at == NOW + valid_for()
        assert invitation.message.not_after == invitation.expires_at
        assert queries.state_of(invitation, invitation.expires_at - timedelta(seconds=1)) == "open"
        assert queries.state_of(invitation, invitation.expires_at) == "expired"
        invitation.answered_at = NOW
        assert queries.state_of(invitation, invitation.expires_at) == "answered"

    def test_the_list_of_messages_names_customer_and_outcome(self, actor: Actors) -> None:
        invite(a_customer())
        answered, _code = invite(a_customer(name="赵强"))
        actions.answer(answered, answers=SATISFIED, note="", now=NOW)
        rows = queries.messages(actor("李娜"), NOW)
        assert [(row.customer_name, row.survey_state, row.purpose_label) for row in rows] == [
            ("赵强", "answered", "问卷链接"),
            ("陈静怡", "open", "问卷链接"),
        ]


class TestAnswersByTheLink:
    def test_satisfied_answers_are_kept_and_open_no_complaint(self) -> None:
        invitation, _code = invite(a_customer())
        response = actions.answer(invitation, answers=SATISFIED, note="谢谢", now=NOW)
        assert (response.source, response.by, response.invitation) == ("link", None, invitation)
        assert response.follow_up_id == invitation.follow_up_id
        invitation.refresh_from_db()
        assert invitation.answered_at == NOW
        assert Complaint.objects.count() == 0

    def test_a_dissatisfied_answer_opens_a_complaint_with_everything_that_was_said(self) -> None:
        invitation, _code = invite(a_customer())
        actions.answer(invitation, answers=DISSATISFIED, note="再也不来了", now=NOW)
        complaint = Complaint.objects.get()
        assert (complaint.channel, complaint.registered_by, complaint.title) == (
            "survey",
            None,
            "维修回访问卷不满意：再也不来了",
        )
        assert complaint.text.splitlines()[0].endswith("非常不满意（等待时间长、费用偏高）")
        assert complaint.text.endswith("再也不来了")
        assert (complaint.customer, complaint.follow_up_id) == (invitation.customer, invitation.follow_up_id)

    def test_without_words_of_their_own_the_title_counts(self) -> None:
        invitation, _code = invite(a_customer())
        actions.answer(invitation, answers=DISSATISFIED, note=" ", now=NOW)
        assert Complaint.objects.get().title == "维修回访问卷：2 项不满意"

    def test_it_is_answered_once(self) -> None:
        invitation, _code = invite(a_customer())
        other_browser = Invitation.objects.get(pk=invitation.pk)
        actions.answer(invitation, answers=DISSATISFIED, note="", now=NOW)
        with nothing_changes(), pytest.raises(Conflict) as refused:
            actions.answer(other_browser, answers=DISSATISFIED, note="", now=NOW)
        assert refused.value.code == "answered"

    def test_incomplete_answers_leave_it_open(self) -> None:
        invitation, _code = invite(a_customer())
        with nothing_changes(), pytest.raises(AnswersRefused):
            actions.answer(invitation, answers={}, note="", now=NOW)
        actions.answer(invitation, answers=SATISFIED, note="", now=NOW)

    def test_an_endless_note_leaves_it_open(self) -> None:
        invitation, _code = invite(a_customer())
        with nothing_changes(), pytest.raises(DomainError) as refused:
            actions.answer(invitation, answers=SATISFIED, note="很" * 2001, now=NOW)
        assert refused.value.field == "note"

    def test_after_its_time_it_takes_no_answers(self) -> None:
        invitation, _code = invite(a_customer())
        with nothing_changes(), pytest.raises(DomainError) as refused:
            actions.answer(invitation, answers=SATISFIED, note="", now=invitation.expires_at)
        assert refused.value.code == "expired"

    def test_it_is_asked_in_the_version_it_was_sent_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        invitation, _code = invite(a_customer())
        asked: list[tuple[str, str | None]] = []
        real = load_pack

        def noting(pack: str, version: str | None = None) -> Any:
            asked.append((pack, version))
            return real(pack, version=version)

        monkeypatch.setattr("crm.surveys.actions.load_pack", noting)
        actions.answer(invitation, answers=SATISFIED, note="", now=NOW)
        assert asked == [("changan-dcrc", "2009.1")]


@pytest.mark.parametrize(
    ("typed", "tidied"),
    [
        (" ABCDefgh23456789 ", "abcdefgh23456789"),
        ("abcd", ""),
        ("abcdefgh2345678l", ""),
        ("abcdefgh234567890", ""),
        ("abcd'; drop table", ""),
        ("", ""),
    ],
)
def test_what_cannot_be_a_code_is_never_looked_up(typed: str, tidied: str) -> None:
    assert codes.tidied(typed) == tidied

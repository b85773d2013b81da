"""An older text never replaces a newer one; a customer who was only looked at is given back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from care_support import nothing_changes
from followups_support import at, car, repair

from crm.followups import actions, drafts, planner, queries
from crm.followups.models import Draft, FollowUp, Hold
from sanfang.audit.models import Access
from sanfang.kernel.errors import Conflict, DomainError, Forbidden
from sanfang.kernel.permissions import Actor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("place")]

NOW = at("2026-03-12 10:00")
SOON = NOW + timedelta(minutes=1)


@pytest.fixture
def call() -> Any:
    repair(car(), "2026-03-10 09:00", "2026-03-10 16:00")
    planner.plan(at("2026-03-12 09:00"))
    return FollowUp.objects.select_related("customer", "vehicle").get(rule="third-call")


@pytest.mark.parametrize(
    ("kept", "sent", "base", "may"),
    [
        ("", "a:1", "", True),
        ("a:1", "a:2", "a:1", True),
        ("a:1", "b:1", "a:1", True),  # another window that has seen the first one's text
        ("a:2", "a:3", "a:1", True),  # the answer to a:2 was lost, the window is the same
        ("a:3", "a:2", "a:1", False),
        ("a:3", "a:3", "a:1", False),
        ("a:10", "a:9", "", False),  # numbers, not letters
        ("a:3", "a:²", "", False),
    ],
)
def test_which_text_is_the_newer(kept: str, sent: str, base: str, may: bool) -> None:
    assert drafts.may_replace(kept, sent, base) is may


@pytest.mark.parametrize(("kept", "sent", "base"), [("a:2", "b:9", "a:1"), ("a:2", "b:9", ""), ("a:2", "", "b:1")])
def test_a_window_that_has_not_seen_anothers_text_is_told(kept: str, sent: str, base: str) -> None:
    with pytest.raises(Conflict):
        drafts.may_replace(kept, sent, base)


def save(who: Actor, call: Any, note: str, **details: Any) -> Any:
    return actions.save_draft(who, call, answers={}, note=note, now=NOW, **details)


def test_an_older_text_that_arrives_late_is_passed_over(li: Actor, call: Any) -> None:
    save(li, call, "很", revision="a:1", base="")
    save(li, call, "很满意", revision="a:3", base="a:1")
    save(li, call, "很满", revision="a:2", base="a:1")
    assert (Draft.objects.get().note, queries.call(li, call.pk, now=NOW).revision) == ("很满意", "a:3")


def test_another_windows_text_is_not_overwritten(li: Actor, call: Any) -> None:
    save(li, call, "在这里写的", revision="a:1", base="")
    with pytest.raises(Conflict) as refused:
        save(li, call, "旧页面", revision="b:7", base="")
    assert refused.value.code == drafts.NEWER
    assert Draft.objects.get().note == "在这里写的"


def test_a_submit_that_is_refused_keeps_what_it_carried(li: Actor, call: Any) -> None:
    save(li, call, "草稿", revision="a:1", base="")
    save(li, call, "提交的", revision="a:2")
    save(li, call, "没有脚本")
    assert (Draft.objects.get().note, Draft.objects.get().revision) == ("没有脚本", "a:2")


# --- holds ----------------------------------------------------------------------------------
def test_leaving_gives_back_who_was_only_looked_at(li: Actor, zhou: Actor, call: Any) -> None:
    actions.hold(li, call, now=NOW)
    actions.release(li, call)
    assert actions.hold(zhou, call, now=NOW).staff_id == zhou.staff_id


@pytest.mark.parametrize(
    "begin",
    [
        lambda who, call: actions.dial(who, call, now=NOW),
        lambda who, call: save(who, call, "说到一半"),
    ],
)
def test_leaving_keeps_whoever_was_begun_with(li: Actor, zhou: Actor, call: Any, begin: Any) -> None:
    actions.hold(li, call, now=NOW)
    begin(li, call)
    actions.hold(li, call, now=SOON)  # the page was loaded once more
    actions.release(li, call)
    with pytest.raises(Conflict):
        actions.hold(zhou, call, now=SOON)


def test_nobody_gives_back_a_colleagues_customer(li: Actor, zhou: Actor, call: Any) -> None:
    actions.hold(li, call, now=NOW)
    with nothing_changes():
        actions.release(zhou, call)
        actions.release_all(zhou)


def test_going_home_gives_everybody_back(li: Actor, zhou: Actor, call: Any) -> None:
    actions.dial(li, call, now=NOW)
    actions.release_all(li)
    assert not Hold.objects.exists()


def test_who_may_only_look_may_not_dial(actor: Callable[[str], Actor], call: Any) -> None:
    with nothing_changes(), pytest.raises(Forbidden):
        actions.dial(actor("罗建川"), call, now=NOW)


# --- the number -----------------------------------------------------------------------------
def test_one_call_is_one_look_at_the_number(li: Actor, call: Any) -> None:
    assert queries.call(li, call.pk, now=NOW).phone == ""
    for moment in (NOW, SOON):
        assert actions.dial(li, call, now=moment) == call.customer.mobile
    assert Access.objects.filter(object=call.customer_id).count() == 1
    shown = queries.call(li, call.pk, now=SOON)
    assert (shown.phone, shown.hold.revealed_at) == (call.customer.mobile, NOW)


def test_the_number_is_shown_to_whoever_looked_and_only_while_they_hold(
    li: Actor, zhou: Actor, call: Any, actor: Callable[[str], Actor]
) -> None:
    actions.dial(li, call, now=NOW)
    assert queries.call(zhou, call.pk, now=SOON).phone == ""
    later = NOW + timedelta(minutes=20)
    assert queries.call(li, call.pk, now=later).phone == ""
    assert actions.dial(li, call, now=later) == call.customer.mobile
    assert Access.objects.filter(object=call.customer_id).count() == 2
    manager = actor("陈雅婷")
    actions.hold(manager, call, now=later, take_over=True)
    assert queries.call(manager, call.pk, now=later).phone == ""
    actions.hold(manager, call, now=later + timedelta(minutes=1))
    actions.release(manager, call)
    assert not Hold.objects.exists()


def test_a_number_corrected_meanwhile_has_not_been_looked_at(li: Actor, call: Any) -> None:
    actions.dial(li, call, now=NOW)
    type(call.customer).objects.filter(pk=call.customer_id).update(mobile="15409999999")
    assert queries.call(li, call.pk, now=SOON).phone == ""
    call.customer.refresh_from_db()
    assert actions.dial(li, call, now=SOON) == "15409999999"
    assert Access.objects.filter(object=call.customer_id).count() == 2
    shown = queries.call(li, call.pk, now=SOON)
    assert (shown.phone, shown.hold.revealed_at) == ("15409999999", NOW)


def test_somebody_without_a_number_is_not_dialled(li: Actor, call: Any) -> None:
    type(call.customer).objects.filter(pk=call.customer_id).update(mobile="")
    call.customer.refresh_from_db()
    with nothing_changes(), pytest.raises(DomainError):
        actions.dial(li, call, now=NOW)


def test_the_next_attempt_begins_without_the_number(li: Actor, call: Any) -> None:
    actions.dial(li, call, now=NOW)
    actions.record_outcome(li, call, attempt=1, outcome="no_answer", now=SOON)
    actions.hold(li, call, now=SOON)
    assert queries.call(li, call.pk, now=SOON).phone == ""


def test_who_wants_no_calls_is_not_dialled(li: Actor, call: Any) -> None:
    call.customer.do_not_call = True
    call.customer.save()
    with nothing_changes(), pytest.raises(DomainError):
        actions.dial(li, call, now=NOW)

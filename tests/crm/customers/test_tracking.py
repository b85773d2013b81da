"""The wrong-information loop: found wrong → corrected by its owner → verified by the CRC (handbook §2)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from care_support import MOBILE, NOW, OTHER_MOBILE, a_customer, a_vehicle, nothing_changes
from django.db import connection

from crm.customers import actions, policy, queries
from crm.customers.actions import reveal_mobile
from crm.customers.models import Customer, TrackingItem
from sanfang.audit.models import Access, Event
from sanfang.kernel.errors import Conflict, DomainError, Forbidden
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.models import Staff

SPECIALIST, MANAGER, ADVISOR, OTHER_ADVISOR, CONSULTANT = "李娜", "陈雅婷", "邓凯", "冯小军", "廖晨"
Actors = Callable[[str], Actor]


def staff(name: str) -> Staff:
    return Staff.objects.get(name=name)


def report(actor: Actors, customer: Customer, *, owner: str = ADVISOR, **facts: object) -> TrackingItem:
    given = {"field": "mobile", "note": "空号", "now": NOW, **facts}
    return actions.report_wrong(actor(SPECIALIST), customer, owner=staff(owner), **given)  # type: ignore[arg-type]


def verify(actor: Actors, item: TrackingItem, name: str = SPECIALIST, now: datetime = NOW) -> None:
    actions.call_back(actor(name), item, now=now)
    actions.verify(actor(name), item, now=now)


@pytest.mark.usefixtures("in_chengdu")
class TestTheLoop:
    def test_a_wrong_mobile_is_dialled_no_more_and_goes_to_its_owner(self, actor: Actors) -> None:
        customer = a_customer()
        item = report(actor, customer, vehicle=a_vehicle())
        customer.refresh_from_db()
        assert (customer.mobile, customer.mobile_state) == (MOBILE, "wrong")
        assert (item.state, item.wrong_value, item.owner, item.found_by_id) == (
            "open",
            MOBILE,
            staff(ADVISOR),
            actor(SPECIALIST).staff_id,
        )
        assert Event.objects.get(object=item.pk).kind == "tracking.reported"

    def test_corrected_and_verified(self, actor: Actors) -> None:
        customer = a_customer()
        item = report(actor, customer)
        later = NOW + timedelta(hours=2)

        actions.correct(actor(ADVISOR), item, value="154 2765-4321", now=later)
        customer.refresh_from_db()
        assert (customer.mobile, customer.mobile_state) == (OTHER_MOBILE, "unverified")
        assert (item.state, item.corrected_value, item.corrected_at) == ("corrected", OTHER_MOBILE, later)

        verify(actor, item, now=later)
        customer.refresh_from_db()
        assert customer.mobile_state == "verified"
        assert (item.state, item.verified_at) == ("verified", later)
        assert list(Event.objects.filter(object=item.pk).order_by("pk").values_list("kind", flat=True)) == [
            "tracking.reported",
            "tracking.corrected",
            "tracking.verified",
        ]

    def test_the_same_wrong_number_never_comes_back_by_a_correction(self, actor: Actors) -> None:
        customer = a_customer()
        first = report(actor, customer)
        actions.correct(actor(ADVISOR), first, value=OTHER_MOBILE, now=NOW)
        customer.refresh_from_db()
        second = report(actor, customer)
        for value in (MOBILE, OTHER_MOBILE):
            with nothing_changes(), pytest.raises(DomainError) as refused:
                actions.correct(actor(ADVISOR), second, value=value, now=NOW)
            assert refused.value.code == "known_wrong"

    def test_a_correction_that_is_wrong_as_well_ends_its_item_and_begins_another(self, actor: Actors) -> None:
        customer = a_customer()
        first = report(actor, customer)
        actions.correct(actor(ADVISOR), first, value=OTHER_MOBILE, now=NOW)
        customer.refresh_from_db()
        second = report(actor, customer)
        first.refresh_from_db()
        assert (first.state, second.state, second.wrong_value) == ("rejected", "open", OTHER_MOBILE)
        with nothing_changes(), pytest.raises(Conflict):
            actions.verify(actor(SPECIALIST), first, now=NOW)

    def test_reporting_the_same_value_again_gives_the_same_item(self, actor: Actors) -> None:
        customer = a_customer()
        first = report(actor, customer)
        again = report(actor, customer, owner=OTHER_ADVISOR, now=NOW + timedelta(days=1))
        assert again == first
        assert (again.owner, again.found_at) == (staff(ADVISOR), NOW)
        assert TrackingItem.objects.count() == 1

    def test_a_value_that_came_back_opens_its_item_again(self, actor: Actors) -> None:
        customer = a_customer()
        item = report(actor, customer)
        actions.correct(actor(ADVISOR), item, value=OTHER_MOBILE, now=NOW)
        verify(actor, item)
        Customer.objects.filter(pk=customer.pk).update(mobile=MOBILE, mobile_state="unverified")
        customer.refresh_from_db()
        again = report(actor, customer, owner=OTHER_ADVISOR, now=NOW + timedelta(days=1))
        assert (again.pk, again.state, again.owner, again.corrected_value) == (
            item.pk,
            "open",
            staff(OTHER_ADVISOR),
            "",
        )

    def test_a_number_that_changed_since_the_correction_is_not_called_verified(self, actor: Actors) -> None:
        customer = a_customer()
        item = report(actor, customer)
        actions.correct(actor(ADVISOR), item, value=OTHER_MOBILE, now=NOW)
        Customer.objects.filter(pk=customer.pk).update(mobile="15420000001")
        actions.call_back(actor(SPECIALIST), item, now=NOW)
        with nothing_changes(), pytest.raises(Conflict) as refused:
            actions.verify(actor(SPECIALIST), item, now=NOW)
        assert refused.value.code == "changed_since"

    def test_a_wrong_landline_does_not_touch_the_mobile(self, actor: Actors) -> None:
        customer = a_customer(mobile="", landline="028-85551234")
        item = report(actor, customer)
        customer.refresh_from_db()
        assert (item.wrong_value, customer.mobile_state) == ("028-85551234", "unverified")
        assert queries.number_to_dial(customer) == ""
        assert report(actor, customer) == item
        actions.correct(actor(ADVISOR), item, value=OTHER_MOBILE, now=NOW)
        customer.refresh_from_db()
        assert customer.mobile == OTHER_MOBILE

    def test_a_name_is_corrected_in_the_file(self, actor: Actors) -> None:
        customer = a_customer()
        item = report(actor, customer, field="name", note="姓氏有误")
        actions.correct(actor(ADVISOR), item, value="程静怡", now=NOW)
        customer.refresh_from_db()
        assert (customer.name, customer.mobile_state) == ("程静怡", "unverified")

    @pytest.mark.parametrize(
        "value", ["", "  ", "12345", "15421234", "028-85551234", "15400000000", "138 0000-0000", MOBILE]
    )
    def test_a_bad_correction_changes_nothing(self, actor: Actors, value: str) -> None:
        item = report(actor, a_customer())
        with nothing_changes(), pytest.raises(DomainError) as refused:
            actions.correct(actor(ADVISOR), item, value=value, now=NOW)
        assert refused.value.field == "value"

    def test_a_report_without_anything_wrong_is_refused(self, actor: Actors) -> None:
        customer = a_customer(mobile="")
        for facts in ({"field": "mobile"}, {"field": "shoe size"}, {"field": "other", "note": " "}):
            with nothing_changes(), pytest.raises(DomainError):
                report(actor, customer, **facts)


@pytest.mark.usefixtures("in_chengdu")
class TestNobodyVerifiesWithoutACall:
    @pytest.fixture
    def item(self, actor: Actors) -> TrackingItem:
        customer = a_customer()
        # A look at the wrong number, before it was corrected, is no call to the right one; nor is one at another's.
        reveal_mobile(actor(MANAGER), customer, now=NOW)
        reveal_mobile(actor(MANAGER), a_customer(name="别人", mobile="15421110000"), now=NOW + timedelta(minutes=9))
        item = report(actor, customer)
        return actions.correct(actor(ADVISOR), item, value=OTHER_MOBILE, now=NOW + timedelta(minutes=1))

    def refused(self, actor: Actors, item: TrackingItem, name: str) -> None:
        with nothing_changes(), pytest.raises(DomainError) as refused:
            actions.verify(actor(name), item, now=NOW + timedelta(hours=1))
        assert refused.value.code == "not_dialled"

    def offered(self, actor: Actors, name: str) -> tuple[str, ...]:
        return queries.tracking(actor(name), chosen="corrected").items[0].verbs

    def test_it_takes_a_look_at_the_corrected_number_by_that_very_person(
        self, actor: Actors, item: TrackingItem
    ) -> None:
        later = NOW + timedelta(hours=1)
        for name in (SPECIALIST, MANAGER):
            self.refused(actor, item, name)
            assert self.offered(actor, name) == ("call",)
        assert actions.call_back(actor(SPECIALIST), item, now=later) == OTHER_MOBILE
        assert Access.objects.get(staff=actor(SPECIALIST).staff_id).reason == "tracking"
        self.refused(actor, item, MANAGER)
        assert self.offered(actor, MANAGER) == ("call",)
        assert self.offered(actor, SPECIALIST) == ("call", "verify")
        assert actions.verify(actor(SPECIALIST), item, now=later).state == "verified"

    def test_a_call_from_the_queue_counts_as_well(self, actor: Actors, item: TrackingItem) -> None:
        reveal_mobile(actor(SPECIALIST), item.customer, now=NOW + timedelta(minutes=2))
        assert actions.verify(actor(SPECIALIST), item, now=NOW + timedelta(minutes=9)).state == "verified"

    def test_who_has_no_number_cannot_be_called(self, actor: Actors, item: TrackingItem) -> None:
        Customer.objects.filter(pk=item.customer_id).update(mobile="", landline="")
        TrackingItem.objects.filter(pk=item.pk).update(field="other")
        assert self.offered(actor, SPECIALIST) == ("call", "verify")
        assert actions.verify(actor(SPECIALIST), item, now=NOW + timedelta(hours=1)).state == "verified"

    def test_the_number_is_for_who_verifies(self, actor: Actors, item: TrackingItem) -> None:
        for name in (ADVISOR, "蒋国华"):
            with nothing_changes(), pytest.raises(Forbidden):
                actions.call_back(actor(name), item, now=NOW)


@pytest.mark.usefixtures("in_chengdu")
class TestWhoMay:
    def test_advisors_and_consultants_see_and_correct_their_own_only(self, actor: Actors) -> None:
        mine = report(actor, a_customer())
        other = report(actor, a_customer(mobile=OTHER_MOBILE), owner=CONSULTANT)
        advisor = actor(ADVISOR)
        assert [row.id for row in queries.tracking(advisor).items] == [mine.pk]
        assert queries.tracking(advisor).filters[0].count == 1
        assert policy.tracking.get(advisor, mine.pk, "correct") == mine
        with pytest.raises(Forbidden):
            policy.tracking.get(advisor, other.pk)
        with nothing_changes(), pytest.raises(Forbidden):
            actions.correct(advisor, other, value="15420000001", now=NOW)

    def test_the_crc_and_managers_see_every_item(self, actor: Actors) -> None:
        report(actor, a_customer())
        report(actor, a_customer(mobile=OTHER_MOBILE), owner=CONSULTANT)
        for name, verbs in ((SPECIALIST, ()), (MANAGER, ()), ("蒋国华", ("correct",))):
            items = queries.tracking(actor(name)).items
            assert len(items) == 2
            assert {item.verbs for item in items} == {verbs}

    @pytest.mark.parametrize(("name", "verb"), [(SPECIALIST, "correct"), (ADVISOR, "verify"), (CONSULTANT, "report")])
    def test_what_is_not_ones_job_changes_nothing(self, actor: Actors, name: str, verb: str) -> None:
        customer = a_customer()
        item = report(actor, customer)
        if verb == "verify":
            actions.correct(actor(ADVISOR), item, value=OTHER_MOBILE, now=NOW)
        with nothing_changes(), pytest.raises(Forbidden):
            if verb == "correct":
                actions.correct(actor(name), item, value=OTHER_MOBILE, now=NOW)
            elif verb == "verify":
                actions.verify(actor(name), item, now=NOW)
            else:
                actions.report_wrong(actor(name), customer, field="name", note="", owner=None, now=NOW)

    def test_who_has_no_part_in_it_gets_no_list(self, actor: Actors) -> None:
        stranger = Actor(actor(ADVISOR).staff_id, "邓凯", "visitor", frozenset())
        with pytest.raises(Forbidden):
            queries.tracking(stranger)

    def test_the_list_is_masked_and_says_whose_it_is(self, actor: Actors) -> None:
        item = report(actor, a_customer(), vehicle=a_vehicle())
        actions.correct(actor(ADVISOR), item, value=OTHER_MOBILE, now=NOW)
        page = queries.tracking(actor(SPECIALIST), chosen="corrected")
        (row,) = page.items
        assert (row.wrong_value_masked, row.corrected_value_masked) == ("154****4567", "154****4321")
        assert (row.owner_name, row.owner_role, row.vehicle, row.reason_label) == (
            ADVISOR,
            "服务顾问",
            "川A6K88F",
            "空号",
        )
        assert row.verbs == ("call",)
        assert MOBILE not in str(page)
        assert OTHER_MOBILE not in str(page)
        assert {found.key: (found.count, found.current) for found in page.filters} == {
            "open": (0, False),
            "corrected": (1, True),
            "done": (0, False),
        }


@pytest.mark.usefixtures("in_chengdu")
def test_the_importer_can_ask_one_by_one_or_for_all_at_once(actor: Actors) -> None:
    wrong, fine = a_customer(), a_customer(name="赵强")
    report(actor, wrong)
    report(actor, fine, field="name", note=MOBILE)
    assert queries.known_wrong(MOBILE, [wrong.pk, fine.pk]) == {wrong.pk}
    assert queries.known_wrong(OTHER_MOBILE, [wrong.pk, fine.pk]) == set()
    with connection.cursor() as cursor:
        cursor.execute(queries.KNOWN_WRONG)
        assert cursor.fetchall() == [(wrong.pk, MOBILE)]


@pytest.mark.usefixtures("in_chengdu")
def test_a_wrong_or_missing_number_gets_no_messages(actor: Actors) -> None:
    customer = a_customer()
    assert queries.can_be_messaged(customer)
    assert not queries.can_be_messaged(a_customer(mobile=""))
    report(actor, customer)
    assert not queries.can_be_messaged(customer)
    # Even if a file put it back and forgot what was known.
    customer.mobile_state = "unverified"
    assert not queries.can_be_messaged(customer)

"""What the planner asks of lost leads and lists."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from followups_support import car, customer, owner_of
from leads_support import a_lead

from crm.leads.queries import Listed, lead, list_entries, lost_leads
from sanfang.audit.models import History

pytestmark = pytest.mark.usefixtures("in_chengdu")


def test_lists_and_lost_leads_are_asked_for_apart() -> None:
    vehicle = car()
    lost = a_lead("lost_list", vehicle=vehicle, customer=owner_of(vehicle))
    met = a_lead("canvassing", "2026-03-01")
    gone = a_lead("lost_leads")
    assert lost_leads() == [Listed(gone.pk, gone.customer_id, date(2026, 3, 2), None)]
    assert [(row.id, row.vehicle) for row in list_entries()] == [(met.pk, None), (lost.pk, vehicle.pk)]


def test_what_was_taken_back_counts_nowhere() -> None:
    a_lead(cancelled=True)
    a_lead("lost_list", cancelled=True)
    assert lost_leads() == list_entries() == []


def test_by_customer_and_by_day_both_ends_included() -> None:
    one, other = customer(), customer()
    rows = [a_lead(day=f"2026-03-{day:02}", customer=one) for day in (1, 2, 3, 4)]
    elsewhere = a_lead(day="2026-03-02", customer=other)
    found = lost_leads(customers={one.pk}, since=date(2026, 3, 2), until=date(2026, 3, 3))
    assert [row.id for row in found] == [rows[1].pk, rows[2].pk]
    assert [row.id for row in lost_leads(customers=[other.pk])] == [elsewhere.pk]
    assert lost_leads(customers=[]) == []


def test_one_number_stands_once_in_a_kind_of_list() -> None:
    a_lead(number="7")
    a_lead("canvassing", number="7")
    with pytest.raises(IntegrityError), transaction.atomic():
        a_lead(number="7")


def test_a_change_is_history() -> None:
    row = a_lead()
    row.reason = "价格"
    row.save()
    assert list(History.objects.filter(object=row.pk).order_by("id").values_list("change", flat=True)) == ["+", "~"]
    found = lead(row.pk)
    assert found is not None
    assert (found.reason, found.customer.name) == ("价格", "陈雅琴")

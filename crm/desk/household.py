"""Who belongs together: people who share a mobile, or who own or bring the same car."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from crm.customers.queries import Customer
from crm.vehicles.queries import SHARERS

MOST = 10


@dataclass(frozen=True, slots=True)
class Relative:
    """``same_mobile``: else it is the same car."""

    customer_id: UUID
    name: str
    same_mobile: bool


def household_rows(customer: Customer) -> QuerySet[Any]:
    """To be read together with others. The queries go by index, however large the store."""
    sharers = f"SELECT id FROM customers_customer WHERE mobile = %s AND mobile <> '' UNION {SHARERS}"  # noqa: S608
    theirs = RawSQL(sharers, [customer.mobile, *[customer.pk] * SHARERS.count("%s")])  # noqa: S611
    same = Case(
        When(mobile=customer.mobile, mobile__gt="", then=Value(True)), default=Value(False), output_field=BooleanField()
    )
    found = Customer.objects.filter(pk__in=theirs).exclude(pk=customer.pk)
    return found.annotate(same_mobile=same).order_by("-same_mobile", "name", "pk")[:MOST]


def household(rows: list[Any]) -> list[Relative]:
    return [Relative(row.pk, row.name, row.same_mobile) for row in rows]

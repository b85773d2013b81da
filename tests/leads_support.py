"""Rows of lists for tests."""

from datetime import date
from itertools import count
from typing import Any

from followups_support import at, customer

from crm.leads.models import Lead

_numbers = count(1)


def a_lead(kind: str = "lost_leads", day: str = "2026-03-02", **fields: Any) -> Lead:
    """A lost lead (or ``lost_list``, ``canvassing``) of a new customer."""
    who = {} if "customer" in fields or "customer_id" in fields else {"customer": customer()}
    made = {"number": f"ZB-{next(_numbers)}", "imported_at": at("2026-01-01 08:00"), **who}
    return Lead.objects.create(**{"kind": kind, "day": date.fromisoformat(day), **made, **fields})

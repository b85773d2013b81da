"""Pairs of customer files for tests."""

from typing import Any

from django.utils import timezone
from followups_support import customer

from crm.doubles.models import Pair


def a_double(state: str = "found", **second: Any) -> Pair:
    """Two files of nearly one name and one mobile."""
    one = customer("张伟", mobile="15412345678")
    other = customer("章伟", **{"mobile": "15412345678", **second})
    first, last = sorted((one.pk, other.pk))
    return Pair.objects.create(
        first=first, second=last, state=state, reasons=["mobile_alike"], found_at=timezone.now(), kept=first
    )

"""Complaint numbers: TS, year and month, then a count that starts anew every month (TS2611-0001)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection

from sanfang.kernel.ids import uuid7

NEXT = """
INSERT INTO complaints_numberseries (id, month, last) VALUES (%s, %s, 1)
ON CONFLICT (month) DO UPDATE SET last = complaints_numberseries.last + 1
RETURNING last
"""


def next_number(now: datetime, zone: ZoneInfo) -> str:
    """The store's next number in the month of ``now``.

    The month's row stays locked until our transaction ends, so two at once wait for each other and never get
    the same; one that is rolled back gives its number to the next.
    """
    month = f"{now.astimezone(zone):%y%m}"
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [uuid7(), month])
        (count,) = cursor.fetchone()
    return f"TS{month}-{count:04d}"

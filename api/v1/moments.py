"""Moments as callers write them: RFC 3339, always with an offset."""

import re
from datetime import datetime

FORM = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
YEARS = range(1900, 2201)


def moment(text: str) -> datetime:
    """Raises ValueError. Years that PostgreSQL or Python would stumble over at the edge aren't moments here."""
    # In an address a plus sign that wasn't written as %2B arrives as a blank.
    text = re.sub(r" (\d\d:\d\d)$", r"+\1", text)
    if not FORM.fullmatch(text):
        raise ValueError(text)
    found = datetime.fromisoformat(text.upper())
    if found.year not in YEARS:
        raise ValueError(text)
    return found

"""Pages in the order of change: by moment and, within one moment, by id. A page's end is the cursor of the next."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from api.v1.moments import moment
from api.v1.refusals import Refused

USUAL, MOST = 100, 500


def page(rows: QuerySet[Any], given: Any) -> tuple[list[Any], str]:
    """The rows of the page that ``given`` (query parameters) asks for, and the next page's cursor or ""."""
    size, cursor = _size(given.get("limit", "")), given.get("cursor", "")
    if cursor:
        at, key = _read(cursor)
        # The first condition is what the index is entered by.
        rows = rows.filter(updated_at__gte=at).filter(Q(updated_at__gt=at) | Q(pk__gt=key))
    found = list(rows.order_by("updated_at", "pk")[: size + 1])
    more = len(found) > size
    return found[:size], _write(found[size - 1]) if more else ""


def _size(text: str) -> int:
    if not text:
        return USUAL
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise _wrong("limit", _("每页条数须为 1 到 %(most)d。") % {"most": MOST})
    return int(text)


def _write(row: Any) -> str:
    place = json.dumps([row.updated_at.isoformat(), str(row.pk)]).encode()
    return urlsafe_b64encode(place).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, key = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        return moment(at), UUID(key)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise _wrong("cursor", _("请原样使用上一页给出的 next。")) from None


def _wrong(name: str, detail: str) -> Refused:
    return Refused(400, detail, code="bad-parameter", errors=[{"parameter": name, "detail": detail}])

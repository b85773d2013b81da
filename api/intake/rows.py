"""Rows of a body as a DMS file: from there on the rules are those of files (crm.dms), and nobody else's.

The file has the headers that the importer knows best, all of them, and one of its own at the end: the row's place in
the body, by which its fate is found again.
"""

import csv
import json
from collections.abc import Mapping
from io import StringIO
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from api.intake.limits import limits
from crm.dms.fields import FIELDS, Kind

PLACE = "api_row"
YES, NO = "是", "否"

Error = Mapping[str, str]


class Unreadable(ValueError):
    """The body is no JSON that could be kept."""


class Wrong(Exception):
    """``errors``: what is wrong with the rows, by JSON pointer."""

    def __init__(self, errors: list[Error]) -> None:
        super().__init__(errors)
        self.errors = errors


def parsed(body: bytes) -> Any:
    """Raises :class:`Unreadable`, also for what no JSON parser agrees on (NaN) and what nests too deep."""

    def refuse(word: str) -> NoReturn:
        raise Unreadable(word)

    try:
        return json.loads(body.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error


def rows_of(kind: Kind, body: Any) -> list[dict[str, str]]:
    """The body's rows as cells. Raises :class:`Wrong`."""
    rows = body.get("rows") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise Wrong([_at("", _('请发送 {"rows": […]}。'))])
    if len(body) > 1:
        raise Wrong([_at(f"/{name}", _("没有这个字段。")) for name in sorted(body) if name != "rows"])
    most = limits().rows
    if not 1 <= len(rows) <= most:
        raise Wrong([_at("/rows", _("一次发送 1 到 %(most)d 行。") % {"most": most})])
    known, errors = {field.name for field in FIELDS[kind]}, list[Error]()
    cells = [_cells(known, place, row, errors) for place, row in enumerate(rows)]
    if errors:
        raise Wrong(errors[: limits().errors])
    return cells


def as_file(kind: Kind, rows: list[dict[str, str]]) -> bytes:
    """The rows as CSV."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow([*(field.headers[0] for field in FIELDS[kind]), PLACE])
    for place, row in enumerate(rows):
        writer.writerow([*(row.get(field.name, "") for field in FIELDS[kind]), place])
    return text.getvalue().encode("utf-8-sig")


def _cells(known: set[str], place: int, row: Any, errors: list[Error]) -> dict[str, str]:
    at = f"/rows/{place}"
    if len(errors) > limits().errors:
        return {}
    if not isinstance(row, dict):
        errors.append(_at(at, _("每一行须为对象。")))
        return {}
    errors += [_at(f"{at}/{_escaped(name)}", _("没有这个字段。")) for name in row if name not in known]
    return {name: _cell(f"{at}/{name}", value, errors) for name, value in row.items() if name in known}


def _cell(at: str, value: Any, errors: list[Error]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if not isinstance(value, str | int | float):
        errors.append(_at(at, _("须为文本、数字、true、false 或 null。")))
        return ""
    text = value if isinstance(value, str) else format(value, "f") if isinstance(value, float) else str(value)
    if len(text) > limits().cell:
        errors.append(_at(at, _("不能超过 %(most)d 个字。") % {"most": limits().cell}))
    elif "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        errors.append(_at(at, _("含有不能保存的字符。")))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _escaped(name: str) -> str:
    """As JSON pointers want it, and no longer than is useful."""
    plain = name.encode("utf-8", "replace").decode()[:60]
    return plain.replace("~", "~0").replace("/", "~1")


def _at(pointer: str, detail: str) -> Error:
    return {"pointer": f"#{pointer}", "detail": detail}

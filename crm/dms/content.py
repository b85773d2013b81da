"""Does a column hold what its header says? Swapped neighbours are warned about, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import gettext as _

from .cells import Cell, half_width, text_of
from .records import Fault

# From this many filled cells on, shares say something about the column and not about a cell.
_FEWEST_VALUES = 5
_MOSTLY = 0.8
_HARDLY = 0.3
# Equal day by day in this many rows, two dates were filled from one another.
_FEWEST_EQUAL_DATES = 20

_SHAPES: dict[str, re.Pattern[str]] = {
    "vin": re.compile(r"(?=.*[A-Za-z])(?=.*\d)[A-Za-z0-9]{17}"),
    "mobile": re.compile(r"1[3-9]\d{9}(?:\.0)?"),
    "date": re.compile(r"(?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}.*|(?:19|20)\d{6}|[34]\d{4}(?:\.\d+)?"),
    "plate": re.compile(r"[\u4e00-\u9fff][A-Z][·.\s-]?[A-Z0-9]{5,6}"),
    "postcode": re.compile(r"\d{6}"),
}
_SHAPE_OF_FIELD = {
    **dict.fromkeys(("vin",), "vin"),
    **dict.fromkeys(("mobile", "sender_mobile"), "mobile"),
    **dict.fromkeys(("plate",), "plate"),
    **dict.fromkeys(("postcode",), "postcode"),
    **dict.fromkeys(
        (
            "delivered", "ordered", "invoiced", "promised", "left_stock", "insurance_expiry", "opened",
            "closed", "settled", "finished", "sold", "last_service", "next_service",
        ),
        "date",
    ),
}  # fmt: skip
# Fields in which any of the shapes above is a sign that the columns were swapped. Phones may
# stand in a phone column, a date in a remark, and numbers of documents may look like anything.
_PLAIN_FIELDS = (
    "customer_name", "engine_number", "city", "district", "province", "address", "brand", "series", "model",
    "colour", "trim", "consultant", "advisor", "technician", "sender_name", "repair_type", "order_type", "gender",
)  # fmt: skip


def _shape_name(shape: str) -> str:
    return {
        "vin": _("VIN"),
        "mobile": _("手机号"),
        "date": _("日期"),
        "plate": _("车牌号"),
        "postcode": _("邮编"),
    }[shape]


def content_warnings(
    positions: Mapping[str, int],
    header_at: Callable[[int], str],
    line: int,
    sample: Sequence[Sequence[Cell]],
) -> list[Fault]:
    """One warning for each column whose content contradicts its field."""
    width = max((len(cells) for cells in sample), default=0)
    shares = [_shares(sample, position) for position in range(width)]
    warnings: list[Fault] = []
    for field, position in positions.items():
        here = shares[position] if position < width else {}
        if not here:
            continue
        header = header_at(position)
        wanted = _SHAPE_OF_FIELD.get(field, "")
        if wanted and here[wanted] <= _HARDLY:
            better = [p for p in range(width) if shares[p] and shares[p][wanted] >= _MOSTLY and p != position]
            if wanted in ("vin", "mobile", "plate") and better and better[0] not in positions.values():
                reason = _("“%(header)s”列的内容不像%(shape)s，“%(other)s”列才像，请检查列的对应关系")
            else:
                reason = _("“%(header)s”列的内容多数不像%(shape)s，请检查列的对应关系")
            other = header_at(better[0]) if better else ""
            names = {"header": header, "shape": _shape_name(wanted), "other": other}
            warnings.append(Fault(line, header, reason % names))
        elif field in _PLAIN_FIELDS:
            for shape, share in here.items():
                if share >= _MOSTLY:
                    reason = _("“%(header)s”列的内容像%(shape)s，列可能错位，请检查列的对应关系")
                    names = {"header": header, "shape": _shape_name(shape)}
                    warnings.append(Fault(line, header, reason % names))
    return [*warnings, *_copied_dates(positions, header_at, line, sample)]


def _shares(sample: Sequence[Sequence[Cell]], position: int) -> dict[str, float]:
    """Shape → share of the column's filled cells that have it; empty for too few cells."""
    texts = [text_of(cells[position]) for cells in sample if position < len(cells)]
    filled = [half_width(text) for text in texts if text]
    if len(filled) < _FEWEST_VALUES:
        return {}
    return {
        shape: sum(pattern.fullmatch(text) is not None for text in filled) / len(filled)
        for shape, pattern in _SHAPES.items()
    }


def _copied_dates(
    positions: Mapping[str, int],
    header_at: Callable[[int], str],
    line: int,
    sample: Sequence[Sequence[Cell]],
) -> list[Fault]:
    """A handover date that always equals the invoice or settlement date was filled from it."""
    warnings = []
    for field, others in (("delivered", ("invoiced",)), ("closed", ("settled",))):
        for other in others:
            if field not in positions or other not in positions:
                continue
            here, there = positions[field], positions[other]
            pairs = [(text_of(cells[here]), text_of(cells[there])) for cells in sample if max(here, there) < len(cells)]
            filled = [pair for pair in pairs if pair[0]]
            if len(filled) >= _FEWEST_EQUAL_DATES and all(a == b for a, b in filled):
                reason = _("“%(header)s”与“%(other)s”每一行都相同，可能是由后者填充的，请确认是真实的交车时间")
                names = {"header": header_at(here), "other": header_at(there)}
                warnings.append(Fault(line, header_at(here), reason % names))
    return warnings

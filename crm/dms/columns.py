"""Which column holds which field: found by the headers, correctable, checked against the content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeAlias

from django.utils.translation import gettext as _

from .cells import Cell, on_one_line, text_of
from .content import content_warnings
from .errors import FileRefused
from .fields import FIELDS, KIND_LABELS, KINDS, TELLING, Field, Kind
from .files import Row, Source
from .headers import field_of, plain_header, without_brackets
from .records import Fault

# Exports put titles, filters and dates above the header, never this many of them.
_HEADER_WITHIN_ROWS = 40
# Two header words may stand in a title ("品牌 VIN"), three in a row are a header.
_FEWEST_HEADERS = 3
_SAMPLE_ROWS = 200

Chosen: TypeAlias = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Missing:
    """A required field without a column, and the headers that would have been understood."""

    field: str
    label: str
    understood: tuple[str, ...]

    def sentence(self) -> str:
        return _("缺少“%(label)s”列（能识别的表头：%(headers)s）") % {
            "label": self.label,
            "headers": "、".join(self.understood),
        }


@dataclass(frozen=True, slots=True)
class Columns:
    """The header row of a file and where its fields are. Positions count from 0."""

    kind: Kind
    header_line: int
    headers: tuple[str, ...]
    positions: Mapping[str, int]
    missing: tuple[Missing, ...]
    warnings: tuple[Fault, ...]
    left_out: frozenset[str] = frozenset()

    def header_of(self, field: str) -> str:
        """The header as written, line breaks made blanks; the field's own name if unmapped."""
        position = self.positions.get(field)
        return "" if position is None else self.header_at(position)

    def header_at(self, position: int) -> str:
        header = on_one_line(self.headers[position].strip())
        return header or _("第 %(number)d 列") % {"number": position + 1}

    def mapping(self) -> dict[str, str | int]:
        """Field → header text, or the position where the text doesn't tell; to be kept and reused.

        Fields left out on purpose are mapped to "".
        """
        found: dict[str, str | int] = dict.fromkeys(sorted(self.left_out), "")
        for field, position in self.positions.items():
            header = self.headers[position]
            found[field] = header if header.strip() and self.headers.count(header) == 1 else position
        return found


def detect_columns(source: Source, kind: Kind, mapping: Chosen | None = None) -> Columns:
    """Find the header row and the columns; `mapping` (field → header text or position) overrides.

    A field mapped to "" is left out on purpose; one mapped to a header that this file doesn't
    have is looked for as usual, with a warning. Raises FileRefused where no header row is found
    or the file is plainly of the other kind.
    """
    mapping = mapping or {}
    rows = list(islice(source.rows(), _HEADER_WITHIN_ROWS + _SAMPLE_ROWS))
    place = _header_place(rows[:_HEADER_WITHIN_ROWS], kind, mapping)
    line, cells = rows[place]
    headers = tuple(text_of(cell) if not isinstance(cell, str) else cell for cell in cells)
    positions, repeated, passed_over = _positions(kind, cells)
    chosen, not_found = _chosen(headers, kind, mapping)
    left_out = frozenset(field for field, where in mapping.items() if where == "")
    positions = _overridden(positions, chosen, left_out)
    if not mapping:
        _refuse_other_kind(kind, cells, positions)
    columns = Columns(kind, line, headers, positions, _missing(kind, positions), (), left_out)
    warnings = (
        *_not_found_warnings(columns, mapping, not_found),
        *_repeated_warnings(columns, [one for one in repeated if one[0] not in mapping]),
        *_passed_over_warnings(columns, [one for one in passed_over if one[0] not in mapping]),
        *_stand_in_warnings(columns),
        *content_warnings(positions, columns.header_at, line, [cells for _line, cells in rows[place + 1 :]]),
    )
    return replace(columns, warnings=warnings)


def _header_place(rows: Sequence[Row], kind: Kind, mapping: Chosen) -> int:
    """The row with the most headers of this kind (or of the mapping); the first of equals."""
    named = {value for value in mapping.values() if isinstance(value, str) and value}

    def found(cells: Sequence[Cell]) -> int:
        fields = {field_of(kind, cell) for cell in cells} - {""}
        return len(fields) + len(named.intersection(c for c in cells if isinstance(c, str)))

    best, most = 0, 0
    for place, (_line, cells) in enumerate(rows):
        if (score := found(cells)) > most:
            best, most = place, score
    fewest = 1 if mapping else _FEWEST_HEADERS
    if most < fewest:
        _refuse_without_header(rows, kind)
    return best


def _refuse_without_header(rows: Sequence[Row], kind: Kind) -> None:
    if not rows:
        raise FileRefused(_("文件是空的，请重新导出"))
    wanted = [field.headers[0] for field in FIELDS[kind] if field.required]
    raise FileRefused(
        _("前 %(rows)d 行里找不到%(kind)s的表头；表头应含有 %(headers)s 等列")
        % {"rows": len(rows), "kind": KIND_LABELS[kind], "headers": "、".join(wanted)}
    )


_Further: TypeAlias = list[tuple[str, int]]


def _positions(kind: Kind, cells: Sequence[Cell]) -> tuple[dict[str, int], _Further, _Further]:
    """Field → first column so headed; the further columns with the very same header; those with a lesser one.

    A field's own header wins over a synonym further left (交车日期 over 出厂时间, 手机 over 联系方式).
    """
    first: dict[str, int] = {}
    repeated: _Further = []
    passed_over: _Further = []
    ranks = {field.name: field.headers for field in FIELDS[kind]}
    for position, cell in enumerate(cells):
        field = field_of(kind, cell)
        if not field:
            continue
        if field not in first:
            first[field] = position
            continue
        rank, known = _rank(ranks[field], cell), _rank(ranks[field], cells[first[field]])
        if rank < known:
            passed_over.append((field, first[field]))
            first[field] = position
        elif rank == known:
            repeated.append((field, position))
        else:
            passed_over.append((field, position))
    return first, repeated, passed_over


def _rank(headers: tuple[str, ...], cell: Cell) -> int:
    plain = plain_header(str(cell))
    known = [plain_header(header) for header in headers]
    for text in (plain, without_brackets(plain)):
        if text in known:
            return known.index(text)
    return len(known)


def _chosen(headers: tuple[str, ...], kind: Kind, mapping: Chosen) -> tuple[dict[str, int], list[str]]:
    """The positions a person chose, and the fields whose column this file doesn't have."""
    known = {field.name for field in FIELDS[kind]}
    chosen: dict[str, int] = {}
    not_found: list[str] = []
    for field, where in mapping.items():
        if field not in known:
            raise FileRefused(_("没有名为“%(field)s”的字段") % {"field": field})
        if isinstance(where, int) and 0 <= where < len(headers):
            chosen[field] = where
        elif isinstance(where, str) and where in headers:
            chosen[field] = headers.index(where)
        elif where != "":
            not_found.append(field)
    return chosen, not_found


def _overridden(positions: Mapping[str, int], chosen: Mapping[str, int], left_out: frozenset[str]) -> dict[str, int]:
    """The detected positions under a person's own; a column that was chosen serves one field only."""
    taken = set(chosen.values())
    kept = {
        field: position
        for field, position in positions.items()
        if field not in chosen and field not in left_out and position not in taken
    }
    return {**kept, **chosen}


def _not_found_warnings(columns: Columns, mapping: Chosen, fields: list[str]) -> list[Fault]:
    return [
        Fault(
            columns.header_line,
            "",
            _("文件里没有指定给“%(field)s”的列（%(header)s），请检查列的对应关系")
            % {"field": _label(columns.kind, field), "header": mapping[field]},
        )
        for field in fields
    ]


def _label(kind: Kind, name: str) -> str:
    return str(next(field.label for field in FIELDS[kind] if field.name == name))


def _requirements(kind: Kind) -> dict[str, list[Field]]:
    """Required word → the fields of which one is enough."""
    groups: dict[str, list[Field]] = {}
    for field in FIELDS[kind]:
        if field.required:
            groups.setdefault(field.required, []).append(field)
    return groups


def _missing(kind: Kind, positions: Mapping[str, int]) -> tuple[Missing, ...]:
    missing = []
    for group in _requirements(kind).values():
        if not any(field.name in positions for field in group):
            label = "/".join(str(field.label) for field in group)
            understood = tuple(header for field in group for header in field.headers)
            missing.append(Missing(group[0].name, label, understood))
    return tuple(missing)


def _refuse_other_kind(kind: Kind, cells: Sequence[Cell], positions: Mapping[str, int]) -> None:
    """Only when this kind lacks something that tells it and another kind has all of it."""
    if _looks_like(kind, positions):
        return
    for other in KINDS:
        if other != kind and _looks_like(other, _positions(other, cells)[0]):
            raise FileRefused(
                _("这像是%(other)s文件，不是%(kind)s；请改选“%(other)s”导入，或换一个文件")
                % {"other": KIND_LABELS[other], "kind": KIND_LABELS[kind]}
            )


def _looks_like(kind: Kind, positions: Mapping[str, int]) -> bool:
    telling = TELLING.get(kind)
    return not _missing(kind, positions) and (telling is None or not telling.isdisjoint(positions))


def _repeated_warnings(columns: Columns, repeated: list[tuple[str, int]]) -> list[Fault]:
    return [
        Fault(
            columns.header_line,
            columns.header_at(position),
            _("表头“%(header)s”重复出现，取用第 %(used)d 列，第 %(other)d 列未导入")
            % {
                "header": columns.header_at(position),
                "used": columns.positions[field] + 1,
                "other": position + 1,
            },
        )
        for field, position in repeated
    ]


def _passed_over_warnings(columns: Columns, passed_over: _Further) -> list[Fault]:
    reason = _("这列也可作为“%(label)s”，但取用了“%(used)s”列，本列未导入；如有误请更改列的对应关系")
    warnings = []
    for field, position in passed_over:
        names = {"used": columns.header_of(field), "label": _label(columns.kind, field)}
        warnings.append(Fault(columns.header_line, columns.header_at(position), reason % names))
    return warnings


def _stand_in_warnings(columns: Columns) -> list[Fault]:
    """What a file without certain columns means for the calls that come of it."""
    if columns.kind != "repair_orders" or columns.missing:
        return []
    positions, line = columns.positions, columns.header_line
    warnings = []
    if "closed" not in positions:
        header = columns.header_of("settled")
        reason = _("文件没有交车日期列，以“%(header)s”作为离厂时间；保险、索赔工单结算较晚，回访会偏迟")
        warnings.append(Fault(line, header, reason % {"header": header}))
    if "repair_type" not in positions and "order_type" not in positions:
        warnings.append(Fault(line, "", _("文件没有维修类型列，所有工单按一般维修处理，保养提醒不会因此更新")))
    if not any(field in positions for field in ("mobile", "landline")):
        warnings.append(Fault(line, "", _("文件没有电话列，新车主将没有可拨打的号码")))
    return warnings

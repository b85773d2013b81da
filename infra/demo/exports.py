"""The dealers' DMS as exporters: which columns each writes, into which kind of file, under which title."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from infra.demo.cast import Dealer
from infra.demo.ledgers import DELIVERY_COLUMNS, ORDER_COLUMNS, Row
from infra.demo.manifest import DELIVERIES, REPAIR_ORDERS, Kind
from infra.demo.sheets import Cell, as_text, column_letters, csv_bytes, xlsx_bytes
from infra.demo.words import words

_TITLES: dict[Kind, str] = {DELIVERIES: "销售台账", REPAIR_ORDERS: "维修工单"}
_SUMS: dict[Kind, str] = {DELIVERIES: "开票价格", REPAIR_ORDERS: "维修金额"}
_ALL: dict[Kind, tuple[str, ...]] = {DELIVERIES: DELIVERY_COLUMNS, REPAIR_ORDERS: ORDER_COLUMNS}


@dataclass(frozen=True)
class Style:
    """``without``: the columns that this system doesn't export. ``encoding`` is empty for workbooks.

    ``titled``: the report's title, period and a blank line above the header, a 合计 row below, times as text.
    """

    suffix: str
    encoding: str
    without: frozenset[str]
    day: str = "%Y-%m-%d"
    minute: str = "%Y-%m-%d %H:%M:%S"
    titled: bool = False

    @property
    def header_line(self) -> int:
        return 4 if self.titled else 1

    def columns(self, kind: Kind) -> list[str]:
        return [column for column in _ALL[kind] if column not in self.without]


STYLES = {
    "gbk-csv": Style(
        ".csv", "gbk",
        frozenset(words("发票编号 邮编 保险到期日 经销商 送修人电话 备注1 下次保养里程")),
        "%Y/%m/%d", "%Y/%m/%d %H:%M",
    ),
    "xlsx": Style(".xlsx", "", frozenset()),
    "utf8-csv": Style(
        ".csv", "utf-8-sig",
        frozenset(words("业务类型 组别 预定交车日期 结算单号 上次保养日期 下次保养日期 下次保养里程 三包状态 备注1")),
    ),
    # This one knows no leaving date: the settlement stands for it, weeks late where an insurer pays.
    "titled-xlsx": Style(
        ".xlsx", "",
        frozenset(words("业务类型 发票编号 组别 邮编 交车标识 竣工时间 送修人电话 是否待料 备注1")),
        titled=True,
    ),
}  # fmt: skip
# 交车日期 is a column of both tables; the titled style lacks it in repair orders only.
_NO_LEAVING_DATE = ("titled-xlsx", REPAIR_ORDERS)


def columns(dealer: Dealer, kind: Kind) -> list[str]:
    shown = STYLES[dealer.style].columns(kind)
    return [column for column in shown if column != "交车日期"] if (dealer.style, kind) == _NO_LEAVING_DATE else shown


def write(dealer: Dealer, kind: Kind, rows: Sequence[Row], moment: datetime, folder: Path) -> str:
    """Writes one file below ``folder`` and says its path there."""
    style = STYLES[dealer.style]
    shown = columns(dealer, kind)
    table: list[list[Cell]] = [[*shown]]
    table += [[row[column] for column in shown] for row in rows]
    path = Path(dealer.slug) / f"{kind}{style.suffix}"
    (folder / dealer.slug).mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(_bytes(dealer, kind, style, table, moment))
    return path.as_posix()


def _bytes(dealer: Dealer, kind: Kind, style: Style, table: list[list[Cell]], moment: datetime) -> bytes:
    if style.encoding:
        return csv_bytes(table, style.encoding, style.day, style.minute)
    title = _TITLES[kind]
    if not style.titled:
        return xlsx_bytes(table, title)
    header, *body = as_text(table)
    amount = header.index(_SUMS[kind])
    total = sum(cell for row in body if isinstance(cell := row[amount], int))
    last_row: list[Cell] = [f"合计：{len(body)} 条", *[None] * (amount - 1), total]
    last = column_letters(len(header) - 1)
    above: list[list[Cell]] = [[f"{dealer.name} {title}明细表"], [f"打印时间：{moment:%Y-%m-%d %H:%M}"], []]
    return xlsx_bytes([*above, header, *body, last_row], title, (f"A1:{last}1", f"A2:{last}2"))

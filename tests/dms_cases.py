"""DMS files for tests: headers as stores export them, a writer for every form, and valid VINs."""

import csv
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import xlsxwriter

from crm.dms.columns import Columns, detect_columns
from crm.dms.fields import FIELDS, LISTS, Kind
from crm.dms.files import Source, open_source
from crm.dms.reading import read_documents
from crm.dms.records import Document, StoreFacts
from crm.dms.vin import check_digit

FACTS = StoreFacts(zone=ZoneInfo("Asia/Shanghai"), today=date(2025, 12, 31))

_DELIVERY_HEADERS = """
销售订单编号 业务类型 单据状态 销售日期 开票日期 发票编号 预定交车日期 出库日期 交车日期 销售顾问 组别 客户编号
客户名称 客户类型 性别 证件类型 证件号码 联系人手机 联系人电话 省份 城市 区县 地址 邮编 品牌 车系 车型 配置 颜色
VIN 发动机号 车牌号 付款方式 开票价格 保险到期日 客户来源 备注
"""
_ORDER_HEADERS = """
经销商 工单号 工单类型 工单状态 维修类型 工单开单日期 进厂行驶里程 出厂行驶里程 预交车时间 是否竣工 竣工时间
结算单号 结算时间 是否结清 结清日期 交车标识 交车日期 服务顾问 维修技师 车牌号 VIN 品牌 车系 车型 车辆销售日期
车主编号 车主 车主性质 手机 电话 送修人 送修人手机 送修人电话 故障描述 维修项目名称 维修金额 是否索赔 三包状态
是否待料 保险公司 上次保养日期 下次保养日期 下次保养里程 备注 备注1
"""
DELIVERY_HEADERS = _DELIVERY_HEADERS.split()
ORDER_HEADERS = _ORDER_HEADERS.split()
HEADERS: Mapping[Kind, Sequence[str]] = {
    "deliveries": DELIVERY_HEADERS,
    "repair_orders": ORDER_HEADERS,
    **{kind: [field.headers[0] for field in FIELDS[kind]] for kind in LISTS},
}

VIN_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
VIN_DIGITS = "0123456789"
VIN_SIGNS = VIN_DIGITS + VIN_LETTERS

GOOD_DELIVERY = {
    "销售订单编号": "XS001",
    "单据状态": "已交车",
    "交车日期": "2025-06-08",
    "销售顾问": "王晓东",
    "客户名称": "李文静",
    "联系人手机": "13912345678",
    "VIN": "LS4ASE2W4SA123456",
    "品牌": "长安",
}
GOOD_ORDER = {
    "工单号": "RO001",
    "维修类型": "一般维修",
    "工单开单日期": "2025-06-08 09:20",
    "进厂行驶里程": "15230",
    "交车日期": "2025-06-08 11:20",
    "服务顾问": "陈志强",
    "VIN": "LS4ASE2W4SA123456",
    "车主": "李文静",
    "手机": "13912345678",
}
GOOD: Mapping[Kind, Mapping[str, str]] = {"deliveries": GOOD_DELIVERY, "repair_orders": GOOD_ORDER}


def with_check_digit(vin: str) -> str:
    return vin[:8] + check_digit(vin) + vin[9:]


def chinese_vin(draw: random.Random) -> str:
    """A VIN that a Chinese maker could have given: LS4, year code, four digits at the end."""
    signs = "".join(draw.choice(VIN_SIGNS) for _ in range(5))
    return with_check_digit(f"LS4{signs}0S{draw.choice(VIN_LETTERS)}{draw.randrange(10**6):06d}")


def table(kind: Kind, rows: Iterable[Mapping[str, str]], headers: Sequence[str] = ()) -> list[list[str]]:
    """The header and a row per mapping, blank where it names nothing."""
    headers = headers or HEADERS[kind]
    return [list(headers), *[[row.get(header, "") for header in headers] for row in rows]]


def csv_bytes(rows: Iterable[Sequence[str]], encoding: str = "utf-8-sig", delimiter: str = ",") -> bytes:
    into = StringIO()
    csv.writer(into, delimiter=delimiter).writerows(rows)
    return into.getvalue().encode(encoding)


def xlsx_bytes(rows: Iterable[Sequence[object]], *, top: int = 0, left: int = 0) -> bytes:
    into = BytesIO()
    with xlsxwriter.Workbook(into, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        # The same bytes at any moment: damaged files are drawn by their length.
        book.set_properties({"created": datetime(2025, 6, 8, tzinfo=UTC)})
        sheet = book.add_worksheet()
        for line, row in enumerate(rows, start=top):
            for column, cell in enumerate(row, start=left):
                if isinstance(cell, str):
                    sheet.write_string(line, column, cell)
                else:
                    sheet.write(line, column, cell)
    return into.getvalue()


def opened(folder: Path, content: bytes, name: str = "导出.csv") -> Source:
    path = folder / name
    path.write_bytes(content)
    return open_source(path)


def documents(source: Source, kind: Kind, facts: StoreFacts = FACTS) -> list[Document]:
    return list(read_documents(source, detect_columns(source, kind), facts))


def read(folder: Path, kind: Kind, rows: Iterable[Mapping[str, str]], headers: Sequence[str] = ()) -> list[Document]:
    """The documents of a CSV made of these rows."""
    return documents(opened(folder, csv_bytes(table(kind, rows, headers))), kind)


def read_one(folder: Path, kind: Kind, headers: Sequence[str] = (), **cells: str) -> Document:
    """A good row with these cells changed (by header), read as the only row of a file."""
    [document] = read(folder, kind, [{**GOOD[kind], **cells}], headers)
    return document


def columns_of(source: Source, kind: Kind) -> Columns:
    return detect_columns(source, kind)

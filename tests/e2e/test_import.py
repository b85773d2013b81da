"""Yesterday's export on a specialist's morning: through the screens, to the error file."""

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from desk_support import day
from dms_cases import GOOD_ORDER, ORDER_HEADERS, table, with_check_digit
from playwright.sync_api import Page, expect

from crm.vehicles.models import RepairOrder
from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = [pytest.mark.browser]


def order(number: str, **cells: str) -> dict[str, str]:
    opened = {"工单开单日期": f"{day(2)} 09:20", "交车日期": f"{day(2)} 16:20"}
    return {**GOOD_ORDER, **opened, "工单号": number, **cells}


def vin(serial: int) -> str:
    return with_check_digit(f"LS4ASE2W0SA{serial:06}")


FAULTS = {
    "RO2001": {"VIN": "LS4ASE2W0SA12345"},
    "RO2002": {"VIN": "LS4ASE2W5SA000002"},
    "RO2003": {"VIN": ""},
    "RO2004": {"VIN": vin(4), "工单开单日期": "昨天上午"},
    "RO2005": {"VIN": vin(5), "交车日期": f"{day(4)} 10:00"},
}
GOOD = [order(f"RO100{n}", VIN=vin(100 + n), 车主=name) for n, name in enumerate(["陈静怡", "赵俊杰", "刘雅琴"], 1)]
BAD = [order(number, **cells) for number, cells in FAULTS.items()]


def written(path: Path, rows: list[dict[str, str]], encoding: str = "gb18030") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(table("repair_orders", rows))
    return path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return written(tmp_path / "维修工单 昨日.csv", [*GOOD[:2], *BAD, GOOD[2]])


def choose(page: Page, path: Path, kind: str = "repair_orders") -> None:
    page.get_by_role("link", name="导入文件").first.click()
    page.check(f"input[name=kind][value={kind}]")
    page.set_input_files("input[name=file]", path)
    page.get_by_role("button", name="上传并识别").click()


def tiles(page: Page) -> list[str]:
    return page.locator(".tile__value").all_inner_texts()


def test_a_gbk_file_with_five_kinds_of_faults(
    sign_in: Callable[..., Page], site: Callable[..., str], chengdu: Tenant, export: Path
) -> None:
    page = sign_in("李娜", "/imports/")
    expect(page.get_by_role("heading", name="还没有导入过文件")).to_be_visible()
    choose(page, export)
    expect(page.get_by_text("GBK/GB18030").first).to_be_visible()
    expect(page.get_by_label("VIN")).to_have_value("vin")
    page.get_by_role("button", name="试算").click()
    page.wait_for_url("**/preview/")
    assert tiles(page) == ["8", "3", "0", "0", "5", "0"]
    for line, number in enumerate(FAULTS, 4):
        expect(page.get_by_role("row", name=f"第 {line} 行"), number).to_be_visible()
    with inside(chengdu):
        assert not RepairOrder.objects.exists()
    page.get_by_role("button", name="确认导入").click()
    page.wait_for_url("**/result/")
    expect(page.get_by_text("导入完成")).to_be_visible()
    expect(page.get_by_text("安排了 3 个回访")).to_be_visible()
    rows = _downloaded(page)
    assert rows[0] == [*ORDER_HEADERS, "原因"]
    assert [row[1] for row in rows[1:]] == list(FAULTS)
    assert all(row[-1] for row in rows[1:])
    assert len({row[-1] for row in rows[1:]}) == 5
    page.get_by_role("link", name="去回访工作台").click()
    expect(page.locator(".queue-item")).to_have_count(3)


def _downloaded(page: Page) -> list[list[str]]:
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载错误文件").click()
    path = waiting.value.path()
    assert waiting.value.suggested_filename.endswith("-错误行.csv")
    return list(csv.reader(StringIO(Path(path).read_bytes().decode("gb18030"))))

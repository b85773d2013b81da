"""Real VINs and every fault we can think of, through whole files.

The real vehicles are not ours to copy: they lie beside the checkout where there are any. What
the product must do with them is checked on vehicles of our own as well, everywhere.
"""

import csv
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from dms_cases import (
    GOOD_DELIVERY,
    GOOD_ORDER,
    chinese_vin,
    csv_bytes,
    documents,
    opened,
    read,
    table,
    with_check_digit,
    xlsx_bytes,
)

from crm.dms.records import DeliveryRow, RepairOrderRow

REAL_VEHICLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "vehicles-usa-cars.csv"

Vehicle = dict[str, str]


@pytest.fixture(scope="module")
def real_vehicles() -> list[Vehicle]:
    if not REAL_VEHICLES.exists():
        pytest.skip("the real vehicles are not beside this checkout (shared/data/vehicles-usa-cars.csv)")
    with REAL_VEHICLES.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def own_vehicles() -> list[Vehicle]:
    draw = random.Random(20250608)
    return [
        {"vin": f"  {chinese_vin(draw).lower()}", "brand": "长安", "model": "CS75", "mileage": str(mileage)}
        for mileage in [0, 1, 999_999, 1_017_936, *(draw.randrange(2, 300_000) for _ in range(200))]
    ]


def people() -> Iterator[tuple[str, str]]:
    """Names and mobiles that never repeat."""
    draw = random.Random(11)
    given = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂"
    for number in range(10**6):
        name = draw.choice("王李张刘陈杨赵黄周吴") + draw.choice(given) + draw.choice(given)
        yield name, f"{draw.choice(['138', '139', '150', '186', '199'])}{number:07d}{draw.randrange(10)}"


def delivery_rows(vehicles: list[Vehicle]) -> list[dict[str, str]]:
    return [
        {
            **GOOD_DELIVERY,
            "销售订单编号": f"XS{number:06d}",
            "客户名称": name,
            "联系人手机": mobile,
            "VIN": vehicle["vin"],
            "品牌": vehicle["brand"],
            "车型": vehicle["model"],
        }
        for number, (vehicle, (name, mobile)) in enumerate(zip(vehicles, people(), strict=False))
    ]


def order_rows(vehicles: list[Vehicle]) -> list[dict[str, str]]:
    return [
        {
            **GOOD_ORDER,
            "工单号": f"RO{number:06d}",
            "车主": name,
            "手机": mobile,
            "VIN": vehicle["vin"],
            "品牌": vehicle["brand"],
            "进厂行驶里程": vehicle["mileage"],
            "维修类型": ("一般维修", "首保", "定期保养", "索赔")[number % 4],
        }
        for number, (vehicle, (name, mobile)) in enumerate(zip(vehicles, people(), strict=False))
    ]


def check_vehicles(folder: Path, vehicles: list[Vehicle], refused_lines: list[int]) -> None:
    deliveries = documents(opened(folder, xlsx_bytes(table("deliveries", delivery_rows(vehicles)))), "deliveries")
    orders = documents(opened(folder, csv_bytes(table("repair_orders", order_rows(vehicles)), "gbk")), "repair_orders")
    for found in (deliveries, orders):
        assert [one.lines for one in found] == [(line,) for line in range(2, len(vehicles) + 2)]
        assert [fault.line for one in found for fault in one.faults] == refused_lines
        for one, vehicle in zip(found, vehicles, strict=True):
            if one.record is not None:
                assert one.record.vin == vehicle["vin"].strip().upper()
                assert one.record.mobile
    assert all(isinstance(one.record, DeliveryRow) or one.faults for one in deliveries)
    assert sum(len(one.warnings) for one in deliveries) == 0
    unread = sum(int(vehicle["mileage"]) == 0 or int(vehicle["mileage"]) > 999_998 for vehicle in vehicles)
    assert Counter(warning.column for one in orders for warning in one.warnings) == {"进厂行驶里程": unread}
    kinds = Counter(one.record.kind for one in orders if isinstance(one.record, RepairOrderRow))
    assert set(kinds) == {"repair", "first_service", "service", "warranty"}


def test_the_real_vehicles_as_found(tmp_path: Path, real_vehicles: list[Vehicle]) -> None:
    """1,250 VINs, lower case and padded: all check digits are right; one car of 1973 has 13 signs."""
    short = [line for line, vehicle in enumerate(real_vehicles, start=2) if len(vehicle["vin"].strip()) != 17]
    assert len(real_vehicles) == 1250
    assert len(short) == 1
    check_vehicles(tmp_path, real_vehicles, short)


def test_vehicles_of_our_own_as_an_export_would_carry_them(tmp_path: Path, own_vehicles: list[Vehicle]) -> None:
    check_vehicles(tmp_path, own_vehicles, [])


def test_each_real_vin_with_one_digit_wrong_is_refused(tmp_path: Path, real_vehicles: list[Vehicle]) -> None:
    """Every maker with a check digit; one digit of the serial raised by one is always noticed."""
    checked = [vehicle for vehicle in real_vehicles if vehicle["vin"].strip()[0] in "12345" and vehicle["mileage"]]
    wrong = []
    for vehicle in checked:
        vin = vehicle["vin"].strip()
        if len(vin) == 17 and vin[-1].isdigit():
            wrong.append({**vehicle, "vin": vin[:-1] + str((int(vin[-1]) + 1) % 10)})
    found = read(tmp_path, "repair_orders", order_rows(wrong))
    assert len(found) > 1_100
    assert all([fault.column for fault in one.faults] == ["VIN"] for one in found)


VIN = "LS4ASE2W4SA123456"

# What people and systems make of a VIN or a mobile → is the row imported?
VIN_CELLS = {
    VIN: True,
    f"\t{VIN.lower()}　": True,
    with_check_digit("WVWZZZ1K05W123456"): True,
    "WVWZZZ1KZ5W123456": True,  # Germany: Z where a check digit would be
    "": False,
    "无": False,
    VIN[-8:]: False,
    VIN[:-1]: False,
    VIN + "7": False,
    VIN.replace("0", "O")[:16] + "O": False,
    VIN[:5] + "I" + VIN[6:]: False,
    VIN[:5] + "Q" + VIN[6:]: False,
    VIN[:8] + "5" + VIN[9:]: False,
    VIN[:-2] + "65": False,  # neighbours exchanged
    VIN[:9] + " " + VIN[9:]: False,
    VIN[:9] + "-" + VIN[9:]: False,
    VIN.replace("S", "Ｓ", 1): False,
    VIN + "/" + VIN: False,
    "1.23457E+16": False,
    "临时车架": False,
}
PHONE_CELLS = {
    "13912345678": True,
    "139 1234 5678": True,
    "+86-139-1234-5678": True,
    "１３９１２３４５６７８": True,
    "13912345678.0": True,
    "0571-88001234": True,
    "88001234": True,
    "13912345678/0571-88001234": True,
    "13912345678 13712345678": True,
    "": True,
    "无": True,
    "1.39E+10": False,
    "139****5678": False,
    "13800000000": False,
    "13999999999": True,
    "12012345678": False,
    "1391234567": False,
    "139123456789": False,
    "139I2345678": False,
    "微信": False,
    "13912345678/139****5678": False,
}


def test_every_vin_and_phone_fault_we_can_think_of(tmp_path: Path) -> None:
    rows: list[dict[str, str]] = []
    expected = []
    for vin, vin_taken in VIN_CELLS.items():
        for phone, phone_taken in PHONE_CELLS.items():
            rows.append({**GOOD_DELIVERY, "销售订单编号": f"XS{len(rows):05d}", "VIN": vin, "联系人手机": phone})
            expected.append([*([] if vin_taken else ["VIN"]), *([] if phone_taken else ["联系人手机"])])
    for content in (
        csv_bytes(table("deliveries", rows), "gb18030"),
        csv_bytes(table("deliveries", rows), "utf-16", "\t"),
        xlsx_bytes(table("deliveries", rows)),
    ):
        found = documents(opened(tmp_path, content), "deliveries")
        assert [[fault.column for fault in one.faults] for one in found] == expected
        assert [one.lines for one in found] == [(line,) for line in range(2, len(rows) + 2)]
        assert all(_is_whole(one.record) for one in found if isinstance(one.record, DeliveryRow))


def _is_whole(record: DeliveryRow) -> bool:
    return len(record.vin) == 17 and record.vin.isascii() and record.vin.isupper()

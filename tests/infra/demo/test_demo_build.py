"""The demo's files: deterministic, readable, true to their manifest."""

import hashlib
import re
import time
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from demo_files import REFERENCE, Line, files, moment, read, spoilt

from infra.demo.build import build
from infra.demo.cast import NETWORK
from infra.demo.days import add_months
from infra.demo.manifest import DELIVERIES, REPAIR_ORDERS, Kind, Manifest, Outcome

MOBILE = re.compile(r"1[3-9]\d{9}")
KINDS: tuple[Kind, ...] = (DELIVERIES, REPAIR_ORDERS)
Tables = dict[tuple[str, Kind], list[Line]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def manifest(folder: Path) -> Manifest:
    return build(REFERENCE, folder)


@pytest.fixture(scope="module")
def tables(folder: Path, manifest: Manifest) -> Tables:
    return {(file.dealer, file.kind): read(folder, file) for file in manifest.files}


def digest(folder: Path) -> str:
    everything = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        everything.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return everything.hexdigest()


def test_same_date_gives_the_same_bytes(folder: Path, manifest: Manifest, tmp_path: Path) -> None:
    build(REFERENCE, tmp_path)
    assert digest(tmp_path) == digest(folder)


def test_another_date_gives_other_bytes(folder: Path, manifest: Manifest, tmp_path: Path) -> None:
    build(REFERENCE + timedelta(days=1), tmp_path)
    assert digest(tmp_path) != digest(folder)


def test_files_are_made_in_three_seconds(tmp_path: Path) -> None:
    begun = time.process_time()
    build(REFERENCE, tmp_path)
    assert time.process_time() - begun < 3


def test_each_dealer_exports_in_its_own_way(folder: Path, manifest: Manifest) -> None:
    starts = {file.dealer: (folder / file.path).read_bytes()[:4] for file in files(manifest, REPAIR_ORDERS)}
    assert starts["chengdu"].decode("gbk") == "工单"
    assert starts["hangzhou"].startswith(b"\xef\xbb\xbf")
    assert starts["chongqing"].startswith(b"PK")
    assert starts["suzhou"].startswith(b"PK")
    with pytest.raises(UnicodeDecodeError):
        (folder / manifest.file("chengdu", REPAIR_ORDERS).path).read_text(encoding="utf-8")
    assert {file.dealer: file.header_line for file in files(manifest, DELIVERIES)} == {
        "chengdu": 1, "chongqing": 1, "hangzhou": 1, "suzhou": 4,
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_rows_and_numbers_are_the_manifests(manifest: Manifest, tables: Tables, kind: Kind) -> None:
    for file in files(manifest, kind):
        rows = tables[file.dealer, kind]
        number = "销售订单编号" if kind == DELIVERIES else "工单号"
        twice = [document for document, times in Counter(row[number] for _line, row in rows).items() if times > 1]
        told = [blemish.document for blemish in file.blemishes if blemish.kind == "doubled_document"]
        assert len(rows) == file.rows
        assert twice == told
        first = next(line for line, row in rows if row[number] == told[0])
        assert [blemish.line for blemish in file.blemishes if blemish.kind == "doubled_document"] == [first]
        assert len(file.new) == file.rows - file.faulty - len(told) - len(file.with_outcome(Outcome.CANCELLED))


@pytest.mark.parametrize("kind", KINDS)
def test_blemishes_stand_where_the_manifest_says(manifest: Manifest, tables: Tables, kind: Kind) -> None:
    for file in files(manifest, kind):
        rows = dict(tables[file.dealer, kind])
        for blemish in file.blemishes:
            assert rows[blemish.line][blemish.column] == blemish.value
        assert file.faulty == (2 if kind == DELIVERIES else 6)


def right_vin(vin: str) -> bool:
    """An own reading of the check digit: letters count by their place in the alphabet's three rows."""
    rows = "ABCDEFGHI", "JKLMNOPQR", ".STUVWXYZ"
    worth = {letter: place for row in rows for place, letter in enumerate(row, 1)} | {str(n): n for n in range(10)}
    total = sum(worth[sign] * int(weight, 16) for sign, weight in zip(vin, "8765432A098765432", strict=True))
    return not set("IOQ") & set(vin) and vin[8] == "0123456789X"[total % 11]


def test_own_check_digit_knows_a_real_one() -> None:
    assert right_vin("1M8GDM9AXKP042788")
    assert not right_vin("1M8GDM9A1KP042788")


@pytest.mark.parametrize("kind", KINDS)
def test_vins_are_right_but_for_the_manifests(manifest: Manifest, tables: Tables, kind: Kind) -> None:
    for file in files(manifest, kind):
        refused = {blemish.line for blemish in file.with_outcome(Outcome.FAULT) if blemish.column == "VIN"}
        for line, row in tables[file.dealer, kind]:
            vin = row["VIN"].strip().upper()
            assert (len(vin) == 17 and right_vin(vin)) == (line not in refused), (file.path, line)


def test_a_car_is_delivered_once_and_by_one_dealer(manifest: Manifest, tables: Tables) -> None:
    delivered = Counter(
        row["VIN"] for (_dealer, kind), rows in tables.items() if kind == DELIVERIES for _line, row in rows
    )
    doubled = {
        dict(tables[file.dealer, DELIVERIES])[blemish.line]["VIN"]
        for file in files(manifest, DELIVERIES) for blemish in file.blemishes if blemish.kind == "doubled_document"
    }  # fmt: skip
    assert {vin for vin, times in delivered.items() if times > 1} == doubled


def test_mobiles_are_right_but_for_the_manifests(manifest: Manifest, tables: Tables) -> None:
    for file in manifest.files:
        column = "联系人手机" if file.kind == DELIVERIES else "手机"
        for line, row in tables[file.dealer, file.kind]:
            assert bool(MOBILE.fullmatch(row[column])) == (line not in spoilt(file, column)), (file.path, line)
            assert row[column].startswith(("1542", "1545")) or line in spoilt(file, column)


def test_months_are_of_a_plausible_size(manifest: Manifest, tables: Tables) -> None:
    first = add_months(REFERENCE, -3)
    for dealer in NETWORK.dealers:
        orders = [moment(row["工单开单日期"]).date() for _line, row in tables[dealer.slug, REPAIR_ORDERS]]
        handed = [moment(row["交车日期"]).date() for _line, row in tables[dealer.slug, DELIVERIES] if row["交车日期"]]
        for month in range(3):
            start, end = add_months(first, month), add_months(first, month + 1)
            assert 220 <= sum(start <= day < end for day in orders) <= 410
            assert 38 <= sum(start <= day < end for day in handed) <= 70
        assert min(orders) >= first
        assert max(orders) == REFERENCE - timedelta(days=2)


def test_sundays_are_quiet_and_saturdays_busy(tables: Tables) -> None:
    days = Counter(
        moment(row["工单开单日期"]).weekday()
        for (_dealer, kind), rows in tables.items() if kind == REPAIR_ORDERS for _line, row in rows
    )  # fmt: skip
    ordinary = sum(days[weekday] for weekday in range(5)) / 5
    assert days[6] < 0.5 * ordinary
    assert days[5] > ordinary


def test_mileage_never_falls_but_for_the_manifests(manifest: Manifest, tables: Tables) -> None:
    for file in files(manifest, REPAIR_ORDERS):
        mistaken = spoilt(file, "进厂行驶里程")
        readings: dict[str, list[tuple[int, int]]] = {}
        for line, row in sorted(tables[file.dealer, REPAIR_ORDERS], key=lambda item: moment(item[1]["工单开单日期"])):
            readings.setdefault(row["VIN"], []).append((int(row["进厂行驶里程"]), line))
        falls = {
            later for values in readings.values() for (before, _), (now, later) in pairwise(values) if now < before
        }
        assert falls == mistaken


def test_times_of_an_order_follow_one_another(tables: Tables) -> None:
    for (dealer, kind), rows in tables.items():
        for _line, row in rows:
            if kind == REPAIR_ORDERS and row.get("交车日期"):
                opened, finished, left = (moment(row[name]) for name in ("工单开单日期", "竣工时间", "交车日期"))
                assert opened < finished <= left
                assert 8 <= left.hour <= 18, dealer
                assert moment(row["车辆销售日期"]) < opened


def test_unfinished_documents_have_no_leaving_date(manifest: Manifest, tables: Tables) -> None:
    for file in manifest.files:
        number = "销售订单编号" if file.kind == DELIVERIES else "工单号"
        rows = tables[file.dealer, file.kind]
        assert file.unfinished, file.path
        leaving = "交车日期" if "交车日期" in rows[0][1] else "结算时间"
        assert {row[number] for _line, row in rows if not row[leaving]} == set(file.unfinished)
    assert "交车日期" not in tables["suzhou", REPAIR_ORDERS][0][1]


def test_names_in_orders_are_the_casts(tables: Tables) -> None:
    for dealer in NETWORK.dealers:
        orders = [row for _line, row in tables[dealer.slug, REPAIR_ORDERS]]
        assert {row["服务顾问"] for row in orders} == set(dealer.named("service_advisor"))
        assert {row["维修技师"] for row in orders} == set(dealer.technicians)
        sales = [row for _line, row in tables[dealer.slug, DELIVERIES]]
        assert {row["销售顾问"] for row in sales} == set(dealer.named("sales_consultant"))


def test_new_energy_cars_carry_eight_characters(tables: Tables) -> None:
    for (_dealer, kind), rows in tables.items():
        for _line, row in rows:
            if plate := row["车牌号"]:
                assert len(plate) == (8 if row["车系"] in ("听澜", "山屿 PHEV") else 7), (kind, plate)


@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2026, 11, 22)])
def test_any_date_will_do(day: date, tmp_path: Path) -> None:
    manifest = build(day, tmp_path)
    for file in manifest.files:
        assert len(read(tmp_path, file)) == file.rows
        assert file.unfinished


def test_stories_stand_in_the_files(manifest: Manifest, tables: Tables) -> None:
    for story in manifest.stories:
        orders = {row["工单号"]: row for _line, row in tables[story.dealer, REPAIR_ORDERS]}
        sales = {row["销售订单编号"]: row for _line, row in tables[story.dealer, DELIVERIES]}
        for change in story.owner_changes:
            owners = [row["车主"] for row in orders.values() if row["VIN"] == change.vin]
            assert owners[0] == change.old_owner
            assert owners[-1] == change.new_owner == orders[change.document]["车主"]
        for double in story.doubles:
            one, other = orders[double.document], orders[double.other_document]
            assert one["手机"] == other["手机"] == double.mobile
            assert one["车主编号"] != other["车主编号"]
            assert (one["车主"], other["车主"]) == (double.name, double.other_name)
            assert double.name != double.other_name
        for wrong in story.wrong_numbers:
            row = sales[wrong.document] if wrong.kind == DELIVERIES else orders[wrong.document]
            assert wrong.mobile == row["联系人手机" if wrong.kind == DELIVERIES else "手机"]
            assert MOBILE.fullmatch(wrong.mobile)
            assert wrong.document in manifest.file(story.dealer, wrong.kind).new
        visits = [row for row in orders.values() if row["VIN"] in story.fleet.vins]
        assert len({row["VIN"] for row in visits}) >= 2
        assert {(row["车主"], row["手机"]) for row in visits} == {(story.fleet.name, story.fleet.mobile)}

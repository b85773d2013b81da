"""This morning's export beside the three months that are in already."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from demo_files import REFERENCE, moment, read

from infra.demo.build import build, todays_export
from infra.demo.manifest import DELIVERIES, REPAIR_ORDERS, Kind, Manifest, Outcome

# A Monday, whose yesterday was a quiet Sunday; the first of March.
DAYS = (REFERENCE + timedelta(days=5), date(2026, 3, 1))


@dataclass(frozen=True)
class Exports:
    day: date
    first_folder: Path
    later_folder: Path
    before: Manifest
    now: Manifest


@pytest.fixture(scope="module", params=DAYS, ids=str)
def exports(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exports:
    first, later = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("later")
    return Exports(request.param, first, later, build(request.param, first), todays_export(request.param, later))


def rows_of(folder: Path, manifest: Manifest, dealer: str, kind: Kind) -> dict[str, dict[str, str]]:
    number = "销售订单编号" if kind == DELIVERIES else "工单号"
    return {row[number]: row for _line, row in read(folder, manifest.file(dealer, kind))}


def test_repeats_changes_and_adds(exports: Exports) -> None:
    """What the manifest calls the same is the same, cell by cell; what it calls changed differs in just those."""
    before, now = exports.before, exports.now
    for file in now.files:
        old = rows_of(exports.first_folder, before, file.dealer, file.kind)
        new = rows_of(exports.later_folder, now, file.dealer, file.kind)
        cancelled = {blemish.document for blemish in file.with_outcome(Outcome.CANCELLED)}
        assert set(new) == {*file.new, *file.same, *(file.changed or {})} | cancelled
        assert file.faulty == 0
        assert all(new[number] == old[number] for number in file.same)
        for number, columns in (file.changed or {}).items():
            assert tuple(name for name in new[number] if new[number][name] != old[number][name]) == columns != ()
        assert not set(file.new) & set(before.file(file.dealer, file.kind).new)
        if file.kind == REPAIR_ORDERS:
            assert file.new
            assert file.same
            assert file.changed
            assert cancelled <= set(old), "an order that was there is called back"


def test_holds_the_last_three_days(exports: Exports) -> None:
    since = datetime.combine(exports.day - timedelta(days=3), datetime.min.time())
    for dealer in ("chengdu", "suzhou"):
        for row in rows_of(exports.later_folder, exports.now, dealer, REPAIR_ORDERS).values():
            times = [row["工单开单日期"], row["结算时间"], row.get("交车日期", ""), row.get("竣工时间", "")]
            assert any(moment(text) >= since for text in times if text) or row["是否竣工"] == "是"
            assert all(moment(text).date() < exports.day for text in times if text)


def test_a_mistyped_mobile_is_put_right(exports: Exports) -> None:
    before, now = exports.before, exports.now
    for file in before.files:
        for blemish in file.blemishes:
            if blemish.kind == "mistyped_mobile":
                corrected = rows_of(exports.later_folder, now, file.dealer, file.kind)[blemish.document]["手机"]
                assert corrected[:10] == blemish.value
                assert len(corrected) == 11
                assert blemish.document in now.file(file.dealer, file.kind).new

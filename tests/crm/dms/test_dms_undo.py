"""Taking an import back: what it made and changed, and what stays because somebody has worked on it since."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from dms_cases import GOOD_DELIVERY, GOOD_ORDER, csv_bytes
from import_support import LINKED, STORE_TABLES, bring, contents, snapshot, upload, write_csv

from crm.customers.models import Customer
from crm.dms import actions, disowned, running, undoing
from crm.dms.models import ImportRun
from crm.dms.states import State
from crm.dms.undoing import Undone
from crm.followups import planner
from crm.followups.models import FollowUp
from crm.vehicles.models import Ownership, RepairOrder
from sanfang.kernel.errors import Conflict, Forbidden
from sanfang.tenancy.context import inside

pytestmark = pytest.mark.usefixtures("in_chengdu")

NEXT_VISIT = {**GOOD_ORDER, "工单号": "RO900", "工单开单日期": "2025-09-08 09:00", "交车日期": "2025-09-08 11:00"}


def brought(folder: Path, *rows: dict[str, str], kind: Any = "repair_orders") -> ImportRun:
    before = set(ImportRun.objects.values_list("pk", flat=True))
    bring(write_csv(folder / "x.csv", kind, rows), kind)
    return ImportRun.objects.exclude(pk__in=before).get()


def taken_back(actor: Any, run: ImportRun) -> Undone:
    actions.undo(actor("陈雅婷"), ImportRun.objects.get(pk=run.pk), now=timezone.now())
    undone = running.undo(run.pk)
    assert undone is not None
    return undone


def whole(found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Without the names of staff, who stay, and the history, which grows."""
    return {name: rows for name, rows in found.items() if name not in ("staff", "history")}


def test_a_first_import_goes_without_a_trace(tmp_path: Path, actor: Any) -> None:
    before = whole(contents())
    run = brought(tmp_path, GOOD_ORDER, NEXT_VISIT)
    assert whole(contents()) != before
    undone = taken_back(actor, run)
    assert whole(contents()) == before
    assert undone.refused_total == 0
    files = {"vehicles_repairorder": 2, "vehicles_vehicle": 1, "customers_customer": 1}
    assert undone.removed == {"leads_lead": 0, "vehicles_delivery": 0, **files}
    run.refresh_from_db()
    assert (run.state, run.undone_by and run.undone_by.name) == (State.UNDONE, "陈雅婷")


def test_what_a_second_import_changed_says_again_what_it_said(tmp_path: Path, actor: Any) -> None:
    brought(tmp_path, GOOD_ORDER)
    before = contents()
    other = {"手机": "15499990000", "车牌号": "川A99999", "维修金额": "1", "送修人": "王二", "三包状态": "在保"}
    run = brought(tmp_path, {**GOOD_ORDER, **other}, {**NEXT_VISIT, **other})
    changed = contents()
    assert all(
        changed[name] != before[name] for name in ("customers_customer", "vehicles_vehicle", "vehicles_repairorder")
    )
    undone = taken_back(actor, run)
    assert whole(contents()) == whole(before)
    assert undone.restored["vehicles_repairorder"] == undone.restored["customers_customer"] == 1


def test_a_car_goes_back_to_the_owner_before(tmp_path: Path, actor: Any) -> None:
    brought(tmp_path, GOOD_DELIVERY, kind="deliveries")
    before = contents()
    sold = {**NEXT_VISIT, "VIN": GOOD_DELIVERY["VIN"], "车主": "周建军", "手机": "15433334444", "车主编号": ""}
    run = brought(tmp_path, sold)
    assert Ownership.objects.count() == 2
    taken_back(actor, run)
    after = contents()
    for name in ("vehicles_ownership", *LINKED, "customers_customer", "vehicles_vehicle"):
        assert after[name] == before[name], name


def test_a_row_that_somebody_has_edited_stays_and_says_who(tmp_path: Path, actor: Any, chengdu: Any) -> None:
    run = brought(tmp_path, GOOD_ORDER)
    with inside(chengdu, actor=str(actor("李娜").staff_id), request_id="a-click"):
        Customer.objects.filter(name=GOOD_ORDER["车主"]).update(address="人民南路四段")
    undone = taken_back(actor, run)
    assert RepairOrder.objects.count() == 0
    assert Customer.objects.get().address == "人民南路四段"
    [refusal] = undone.refused
    assert (refusal.table, refusal.why, refusal.by) == ("customers_customer", "edited", str(actor("李娜").staff_id))


def test_a_row_that_a_later_import_changed_stays_and_names_it(tmp_path: Path, actor: Any) -> None:
    first = brought(tmp_path, GOOD_ORDER)
    second = brought(tmp_path, {**GOOD_ORDER, "维修金额": "777"})
    undone = taken_back(actor, first)
    assert RepairOrder.objects.get().amount == 777
    assert {(one.table, one.why, one.run) for one in undone.refused} == {
        ("vehicles_repairorder", "edited", str(second.pk)),
        ("vehicles_vehicle", "named", ""),
        ("customers_customer", "named", ""),
    }
    # The later one taken back first, the earlier one is free.
    taken_back(actor, second)
    assert taken_back(actor, first).refused_total == 0
    assert (RepairOrder.objects.count(), Customer.objects.count()) == (0, 0)


def planned_calls() -> list[FollowUp]:
    planner.plan(timezone.now())
    return list(FollowUp.objects.order_by("pk"))


def a_recent_order() -> dict[str, str]:
    left = (timezone.now() - timedelta(days=2)).astimezone()
    return {**GOOD_ORDER, "工单开单日期": f"{left:%Y-%m-%d} 09:00", "交车日期": f"{left:%Y-%m-%d} 11:00"}


def test_calls_that_nobody_made_go_with_their_order(tmp_path: Path, actor: Any) -> None:
    run = brought(tmp_path, a_recent_order())
    assert planned_calls()
    assert taken_back(actor, run).refused_total == 0
    assert not FollowUp.objects.exists()
    assert not Customer.objects.exists()


def test_an_order_that_somebody_has_called_about_stays(tmp_path: Path, actor: Any) -> None:
    run = brought(tmp_path, a_recent_order(), NEXT_VISIT)
    [call] = [row for row in planned_calls() if row.rule == "third-call"]
    FollowUp.objects.filter(pk=call.pk).update(attempts=1)
    undone = taken_back(actor, run)
    assert [str(key) for key in RepairOrder.objects.values_list("pk", flat=True)] == [call.trigger]
    told = {one.table: one for one in undone.refused}
    assert (told["vehicles_repairorder"].why, told["vehicles_repairorder"].follow_up) == ("called", str(call.pk))
    assert {told["vehicles_vehicle"].why, told["customers_customer"].why} == {"named"}


def test_lists_are_taken_back_too(tmp_path: Path, actor: Any) -> None:
    before = contents()
    lead = {"客户姓名": "陈雅琴", "手机": "15411112222", "战败日期": "2026.3.2", "战败原因": "价格"}
    (tmp_path / "z.csv").write_bytes(csv_bytes([list(lead), list(lead.values())]))
    bring(tmp_path / "z.csv", "lost_leads")
    assert taken_back(actor, ImportRun.objects.get()).removed["leads_lead"] == 1
    assert whole(contents()) == whole(before)


def test_the_same_file_comes_in_again_after_it_was_taken_back(tmp_path: Path, actor: Any) -> None:
    run = brought(tmp_path, GOOD_ORDER)
    there = contents()
    taken_back(actor, run)
    assert brought(tmp_path, GOOD_ORDER).new == 1
    assert contents() == there


def test_twice_is_once(tmp_path: Path, actor: Any) -> None:
    run = brought(tmp_path, GOOD_ORDER)
    taken_back(actor, run)
    after = snapshot(*STORE_TABLES)
    assert running.undo(run.pk) is None
    assert taken_back(actor, run) == Undone(
        removed=dict.fromkeys(ImportRun.objects.get(pk=run.pk).undo["removed"], 0),
        restored=dict.fromkeys(ImportRun.objects.get(pk=run.pk).undo["restored"], 0),
    )
    assert snapshot(*STORE_TABLES) == after


def test_only_what_is_done_and_only_by_the_manager(tmp_path: Path, actor: Any) -> None:
    run = upload(write_csv(tmp_path / "x.csv", "repair_orders", [GOOD_ORDER]), "repair_orders")
    with pytest.raises(Conflict):
        actions.undo(actor("陈雅婷"), run, now=timezone.now())
    done = brought(tmp_path, GOOD_ORDER)
    before = snapshot()
    with pytest.raises(Forbidden):
        actions.undo(actor("李娜"), done, now=timezone.now())
    assert snapshot() == before
    assert ImportRun.objects.get(pk=done.pk).state == State.DONE


def test_a_killed_one_has_changed_nothing_and_is_sent_again(
    tmp_path: Path, actor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = brought(tmp_path, GOOD_ORDER)
    before = snapshot()
    actions.undo(actor("陈雅婷"), run, now=timezone.now())
    with monkeypatch.context() as broken:
        broken.setattr(undoing, "_files", refused_by_the_database)
        with pytest.raises(OperationalError):
            running.undo(run.pk)
    assert snapshot() == before
    assert running.left_alone() == [(run.pk, "undo", 0)]
    assert running.undo(run.pk) is not None
    assert not Customer.objects.exists()


def refused_by_the_database(*args: Any) -> None:
    raise OperationalError("the server closed the connection unexpectedly")


def test_an_error_of_ours_leaves_the_import_as_it_was(
    tmp_path: Path, actor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = brought(tmp_path, GOOD_ORDER)
    actions.undo(actor("陈雅婷"), run, now=timezone.now())
    monkeypatch.setattr(undoing, "_files", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        running.undo(run.pk)
    run.refresh_from_db()
    assert (run.state, Customer.objects.count()) == (State.DONE, 1)
    assert "没有改动任何数据" in run.message


def test_who_has_left_meanwhile_takes_nothing_back(tmp_path: Path, actor: Any) -> None:
    run = brought(tmp_path, GOOD_ORDER)
    actions.undo(actor("陈雅婷"), run, now=timezone.now())
    disowned.leave(str(run.pk), "zh-hans")
    assert ImportRun.objects.get(pk=run.pk).state == State.DONE
    assert running.undo(run.pk) is None
    assert Customer.objects.count() == 1


def test_the_page_says_what_stays_and_where(tmp_path: Path, client_of: Any, chengdu: Any) -> None:
    run = brought(tmp_path, a_recent_order())
    [call] = [row for row in planned_calls() if row.rule == "third-call"]
    FollowUp.objects.filter(pk=call.pk).update(attempts=1)
    manager = client_of("陈雅婷")
    asked = manager.get(f"/imports/{run.pk}/undo/")
    assert "确认撤销" in asked.text
    manager.post(f"/imports/{run.pk}/undo/")
    with inside(chengdu):
        running.undo(run.pk)
    page = manager.get(f"/imports/{run.pk}/result/").text
    assert "这次导入已撤销" in page
    assert f"/workbench/{call.pk}/" in page
    assert GOOD_ORDER["工单号"] in page
    specialist = client_of("李娜")
    assert "/undo/" not in specialist.get(f"/imports/{run.pk}/result/").text
    assert specialist.post(f"/imports/{run.pk}/undo/").status_code == 403

"""A file that is imported in slices comes out as if it had been one, and other tenants' tasks come between."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.utils import timezone
from dms_cases import GOOD_ORDER, chinese_vin
from import_support import bring, contents, look, upload, write_csv

from crm.dms import actions, carrying, queries, running, storing, tasks, turns
from crm.dms.models import ImportRun
from crm.dms.slices import Limits, limits
from crm.dms.states import State
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import door, inside
from tenants.models import Tenant

DAYS = [f"2025-06-{day:02d}" for day in range(1, 29)]


@pytest.fixture(autouse=True)
def small(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    cut_into(monkeypatch, 7)


def cut_into(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    few = Limits(rows=dict.fromkeys(limits().rows, rows), at_once=1, patience=900)
    monkeypatch.setattr(carrying, "limits", lambda: few)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """Numbers whose rows are far apart, people who are known by a row in another slice only, and faults everywhere."""
    draw = random.Random(3)
    cars = [chinese_vin(draw) for _car in range(9)]
    rows = []
    for number in range(40):
        row = {**GOOD_ORDER, "工单号": f"RO{number:03d}", "VIN": cars[number % 9], "车主": f"车主{number % 6}"}
        row |= {"手机": f"1391234{number % 5:04d}", "工单开单日期": f"{DAYS[number % 28]} 09:20"}
        row |= {"交车日期": f"{DAYS[number % 28]} 11:20", "车主编号": f"C{number % 9}"}
        if number % 8 == 5:
            row["VIN"] = "LS4"
        rows.append(row)
    # The same orders once more, at the end of the file: held from the first slice to the last.
    rows += [{**rows[place], "维修项目名称": "机油", "维修金额": "120"} for place in (0, 3, 20)]
    return write_csv(tmp_path / "orders.csv", "repair_orders", rows)


def steps(run: ImportRun, verb: str = "apply") -> int:
    """Carries a run out as the workers' tasks do; how many there were."""
    number, taken = 0, 0
    while True:
        taken += 1
        went = running.go_on(run.pk, verb, number)
        if went.further is None:
            assert went.ended
            return taken
        assert went.further == number + 1
        number = went.further


def queued(path: Path) -> ImportRun:
    run = upload(path, "repair_orders")
    actions.queue(run, now=timezone.now())
    return run


def told(run: ImportRun) -> dict[str, Any]:
    run.refresh_from_db()
    names = ("state", "rows", "new", "changed", "same", "faulty", "fault_total", "warning_total", "faults", "warnings")
    return {name: getattr(run, name) for name in names}


def errors(run: ImportRun) -> bytes:
    return Path(default_storage.path(run.error_file)).read_bytes()


def imported() -> dict[str, Any]:
    """Without the store's own people."""
    return {name: rows for name, rows in contents().items() if name != "staff"}


def left(run: ImportRun) -> list[Path]:
    return list(Path(default_storage.path(f"imports/{run.pk}")).glob("slices*"))


def test_slices_make_what_one_piece_makes(
    chengdu: Tenant, suzhou: Tenant, orders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(chengdu):
        run = queued(orders)
        assert steps(run) > 5
        sliced, said, file = imported(), told(run), errors(run)
        assert left(run) == []
    cut_into(monkeypatch, 1_000)
    with inside(suzhou):
        run = queued(orders)
        assert steps(run) == 1
        assert (imported(), told(run), errors(run)) == (sliced, said, file)
    assert said["state"] == State.DONE
    assert (said["rows"], said["faulty"], said["new"]) == (43, 5, 38)
    assert len(sliced["customers_customer"]) > 1


def test_the_preview_is_cut_as_well_and_says_the_same(in_chengdu: Tenant, orders: Path) -> None:
    run = upload(orders, "repair_orders")
    ImportRun.objects.update(state=State.CHECKING)
    before = contents()
    assert steps(run, "check") > 5
    assert contents() == before
    seen = told(run)
    assert seen["state"] == State.CHECKED
    assert left(run) == []
    alone = look(orders, "repair_orders")
    assert (alone.counts.new, alone.staged.faulty, len(alone.warnings)) == (
        seen["new"], seen["faulty"], seen["warning_total"],
    )  # fmt: skip
    assert bring(orders, "repair_orders").counts.new == seen["new"]


def test_until_the_last_step_nothing_is_seen(in_chengdu: Tenant, orders: Path) -> None:
    run, before, number = queued(orders), contents(), 0
    while (went := running.go_on(run.pk, "apply", number)).further:
        number = went.further
        assert contents() == before
        run.refresh_from_db()
        assert run.state == State.APPLYING
    assert contents() != before


def test_each_step_sends_the_next_behind_what_waits_already(chengdu: Tenant, orders: Path) -> None:
    with inside(chengdu):
        run = queued(orders)
    sent: list[tuple[Any, ...]] = []
    with mock.patch.object(tasks.apply, "later", lambda *args: sent.append(args)), door():
        tasks.apply(str(run.pk), "en", _tenant=chengdu.schema_name)
    assert sent == [(str(run.pk), "en", 1)]


def test_a_message_that_comes_twice_does_its_step_once(in_chengdu: Tenant, orders: Path) -> None:
    run = queued(orders)
    assert running.go_on(run.pk, "apply", 0).further == 1
    assert running.go_on(run.pk, "apply", 0) == running.Went()
    assert running.go_on(run.pk, "apply", 2) == running.Went()
    assert running.go_on(run.pk, "apply", 1).further == 2


def test_while_another_import_of_the_store_is_at_work_a_step_does_nothing(in_chengdu: Tenant, orders: Path) -> None:
    run = queued(orders)
    own = django_settings.DATABASES["default"]
    with psycopg.connect(
        host=own["HOST"], port=own["PORT"], user=own["USER"], password=own["PASSWORD"], dbname=own["NAME"]
    ) as other:
        other.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [turns.LOCK, in_chengdu.schema_name])
        assert running.go_on(run.pk, "apply", 0) == running.Went()
        assert left(run) == []
        other.execute("SELECT pg_advisory_unlock_all()")
    assert running.left_alone() == [(run.pk, "apply", 0)]
    assert running.go_on(run.pk, "apply", 0).further == 1
    # Should that message be lost, it is sent again.
    assert running.left_alone() == [(run.pk, "apply", 1)]


def test_two_imports_of_a_store_may_be_between_their_steps_at_once(in_chengdu: Tenant, orders: Path) -> None:
    """Neither takes the other for killed; each compares with what the store has when it is its turn to write."""
    one, other = queued(orders), queued(orders)
    assert running.go_on(one.pk, "apply", 0).further == 1
    assert running.go_on(other.pk, "apply", 0).further == 1
    assert running.apply(other.pk) is not None
    assert running.apply(one.pk) is not None
    assert [(told(run)["new"], told(run)["same"]) for run in (other, one)] == [(38, 0), (0, 38)]


def test_who_ends_sends_those_that_wait(chengdu: Tenant, orders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_into(monkeypatch, 1_000)
    with inside(chengdu):
        first, second = queued(orders), queued(orders)
    with mock.patch.object(tasks.apply, "later") as later, door():
        tasks.apply(str(first.pk), "", _tenant=chengdu.schema_name)
    assert [call.args[0] for call in later.call_args_list] == [str(second.pk)]


def test_cancelled_between_two_steps(actor: Callable[[str], Actor], in_chengdu: Tenant, orders: Path) -> None:
    run, before = queued(orders), contents()
    running.go_on(run.pk, "apply", 0)
    actions.cancel(actor("李娜"), run, now=timezone.now())
    assert running.go_on(run.pk, "apply", 1) == running.Went(ended=True)
    assert told(run)["state"] == State.CANCELLED
    assert contents() == before
    assert left(run) == []


def test_progress_grows_from_step_to_step(actor: Callable[[str], Actor], in_chengdu: Tenant, orders: Path) -> None:
    run = queued(orders)
    ImportRun.objects.update(rows=43)
    number, seen = 0, []
    while (went := running.go_on(run.pk, "apply", number)).further:
        number = went.further
        seen.append(queries.job(actor("李娜"), run.pk).done)
    assert seen == sorted(seen)
    assert seen[0] < seen[-1]
    assert seen[-1] <= 43


def test_the_language_stays_that_of_whoever_asked(in_chengdu: Tenant, orders: Path) -> None:
    """A lost message is sent again by the scheduler, who speaks Chinese."""
    run = queued(orders)
    from django.utils.translation import override

    with override("en"):
        number = running.go_on(run.pk, "apply", 0).further
    while number is not None:
        number = running.go_on(run.pk, "apply", number).further
    run.refresh_from_db()
    reasons = {fault["reason"] for fault in run.faults}
    assert not any("一" <= sign <= "鿿" for reason in reasons for sign in reason), reasons


def test_read_in_another_way_it_is_another_reading(in_chengdu: Tenant, orders: Path) -> None:
    run = queued(orders)
    running.go_on(run.pk, "apply", 0)
    assert storing.slices_of(run, "apply").done() == 1
    run.encoding = "utf-8"
    assert storing.slices_of(run, "apply").done() == 0

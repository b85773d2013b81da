"""An import's life: who may, what its states allow, what its pages are told, and the mapping that is remembered."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.utils import timezone
from dms_cases import GOOD_DELIVERY, GOOD_ORDER, csv_bytes, table
from import_support import look, snapshot, write_csv

from crm.dms import actions, queries, running, tasks, writing
from crm.dms.fields import FIELDS, KINDS
from crm.dms.models import ImportRun, SourceMapping
from crm.dms.states import State
from crm.vehicles.models import RepairOrder
from frontend import uploads
from sanfang.audit.models import Access, Event, History
from sanfang.kernel.errors import Conflict, DomainError, Forbidden, NotFound, WrongTenant
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import door, inside
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("in_chengdu")
BAD = {**GOOD_ORDER, "工单号": "RO002", "VIN": "LS4ASE2W4SA12345"}


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def lina(actor: Callable[[str], Actor]) -> Actor:
    return actor("李娜")


def received(person: Actor, *rows: dict[str, str], content: bytes = b"", name: str = "六月工单.csv") -> ImportRun:
    content = content or csv_bytes(table("repair_orders", rows or (GOOD_ORDER, BAD)), "gb18030")
    file = ContentFile(content, name=name)
    return actions.receive(person, kind="repair_orders", filename=name, content=file, now=timezone.now())


def test_the_whole_way(lina: Actor) -> None:
    run = received(lina)
    assert (run.state, run.form, run.encoding) == (State.UPLOADED, "csv", "gb18030")
    assert len(run.sha256) == 64
    actions.check(lina, run, now=timezone.now())
    assert queries.job(lina, run.pk).state == State.CHECKING
    running.check(run.pk)
    page = queries.outcome(lina, run.pk)
    assert page.may_apply
    assert (page.counts.rows, page.counts.new, page.counts.faulty, page.fault_total) == (2, 1, 1, 1)
    assert page.faults[0] | {"reason": ""} == {"line": 3, "column": "VIN", "value": "LS4ASE2W4SA12345", "reason": ""}
    assert page.file.encoding_label == "GBK/GB18030"
    assert not RepairOrder.objects.exists()

    actions.apply(lina, run, now=timezone.now())
    assert queries.job(lina, run.pk).state == State.QUEUED
    assert running.apply(run.pk) is not None
    page = queries.outcome(lina, run.pk)
    assert page.job.state == State.DONE
    assert page.job.seconds is not None
    assert page.job.done == page.job.total == 2
    assert RepairOrder.objects.get().source == run.pk
    path, name = actions.hand_out_errors(lina, run.pk, now=timezone.now(), address="10.0.0.7")
    look = Access.objects.get()
    assert (look.object, look.what, look.staff_id, look.address) == (run.pk, "error_file", lina.staff_id, "10.0.0.7")
    assert name == "六月工单-错误行.csv"
    assert "RO002" in path.read_text(encoding="gb18030")
    assert [row.filename for row in queries.imports_page(lina)] == ["六月工单.csv"]
    kinds = Event.objects.filter(object=run.pk).order_by("at", "pk").values_list("kind", flat=True)
    assert set(kinds) == {f"import.{step}" for step in ("upload", "check", "finish_check", "apply", "start", "finish")}


def test_the_history_names_who_imported(lina: Actor) -> None:
    run = received(lina)
    actions.apply(lina, run, now=timezone.now())
    running.apply(run.pk)
    made = History.objects.get(model="vehicles_repairorder")
    assert (made.actor, made.request) == (lina.staff_id, str(run.pk))


def test_done_is_done_however_often_the_task_comes(lina: Actor) -> None:
    run = received(lina)
    actions.apply(lina, run, now=timezone.now())
    running.apply(run.pk)
    before = snapshot("dms_importrun", "vehicles_repairorder")
    assert running.apply(run.pk) is None
    running.check(run.pk)
    assert snapshot("dms_importrun", "vehicles_repairorder") == before
    for verb in (actions.apply, actions.check, actions.cancel):
        with pytest.raises(Conflict):
            verb(lina, run, now=timezone.now())


def test_a_killed_workers_run_starts_afresh(lina: Actor) -> None:
    run = received(lina)
    ImportRun.objects.update(state=State.APPLYING)
    assert running.apply(run.pk) is not None
    assert ImportRun.objects.get().state == State.DONE


def test_a_run_that_was_killed_and_never_came_back_is_told_as_failed(lina: Actor) -> None:
    killed, after = received(lina), received(lina)
    ImportRun.objects.filter(pk=killed.pk).update(state=State.APPLYING)
    actions.apply(lina, after, now=timezone.now())
    running.apply(after.pk)
    job = queries.job(lina, killed.pk)
    assert job.state == State.FAILED
    assert "此后已开始另一次导入" in job.message
    assert Event.objects.filter(object=killed.pk, kind="import.fail").exists()
    actions.apply(lina, killed, now=timezone.now())
    running.apply(killed.pk)
    assert ImportRun.objects.get(pk=killed.pk).same == 1


def test_cancelled_while_it_waits(lina: Actor) -> None:
    run = received(lina)
    actions.apply(lina, run, now=timezone.now())
    actions.cancel(lina, run, now=timezone.now())
    assert running.apply(run.pk) is None
    assert ImportRun.objects.get().state == State.CANCELLED
    assert not RepairOrder.objects.exists()


def test_cancelled_at_the_last_moment(lina: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is written, but for the commit."""
    run = received(lina)
    actions.apply(lina, run, now=timezone.now())
    before = snapshot()
    monkeypatch.setattr(writing, "clear", lambda: actions.cancel(lina, run, now=timezone.now()))
    assert running.apply(run.pk) is None
    assert snapshot() == before


def test_what_goes_wrong_is_told_and_nothing_is_written(lina: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    run = received(lina)
    actions.apply(lina, run, now=timezone.now())
    before = snapshot()

    def broken() -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(writing, "clear", broken)
        with pytest.raises(ZeroDivisionError):
            running.apply(run.pk)
    assert queries.job(lina, run.pk).state == State.FAILED
    assert queries.job(lina, run.pk).message
    assert snapshot() == before
    actions.apply(lina, run, now=timezone.now())
    assert running.apply(run.pk) is not None


def test_a_file_that_cant_be_read_leaves_nothing(lina: Actor) -> None:
    for content in (b"", b"%PDF-1.7", "没有表头\n1,2".encode()):
        with pytest.raises(DomainError) as refused:
            received(lina, content=content or b"\n")
        assert refused.value.field == "file"
    assert not ImportRun.objects.exists()
    folder = Path(default_storage.path("imports"))
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_break_in_the_middle_of_the_file_is_told(lina: Actor) -> None:
    """Further in than what is looked at when a file is recognised."""
    many = [{**GOOD_ORDER, "工单号": f"RO{number:05d}"} for number in range(600)]
    content = csv_bytes(table("repair_orders", many), "utf-8") + b"," * 50_000 + b"\n"
    run = received(lina, content=content)
    actions.check(lina, run, now=timezone.now())
    running.check(run.pk)
    job = queries.job(lina, run.pk)
    assert job.state == State.FAILED
    assert job.message


def test_names_of_files_cant_lead_out_of_the_folder(lina: Actor) -> None:
    run = received(lina, name="../../..\\evil/../六月.csv")
    assert run.file == f"imports/{run.pk}/六月.csv"


def test_who_may(lina: Actor, actor: Callable[[str], Actor]) -> None:
    run = received(lina)
    manager, advisor = actor("罗建川"), actor("邓凯")
    assert queries.imports_page(manager)
    with pytest.raises(Forbidden):
        actions.apply(manager, run, now=timezone.now())
    with pytest.raises(Forbidden):
        received(manager)
    with pytest.raises(Forbidden):
        actions.hand_out_errors(advisor, run.pk, now=timezone.now())
    assert not Access.objects.exists()
    for ask in (queries.job, queries.outcome, queries.get):
        with pytest.raises(Forbidden):
            ask(advisor, run.pk)
    with pytest.raises(Forbidden):
        queries.imports_page(advisor)


@pytest.mark.parametrize(
    "called",
    [
        "..",
        ".",
        "",
        "/",
        "a/../../b.csv",
        "C:\\x\\工单.csv",
        "a\0b.csv",
        "x" * 5000,
        "𠮷" * 90 + ".csv",
        ".csv",
        "a\nb",
    ],
)
def test_whatever_an_upload_is_called_it_stays_in_its_folder(lina: Actor, tmp_path: Path, called: str) -> None:
    path = write_csv(tmp_path / "in.csv", "repair_orders", [GOOD_ORDER, {**GOOD_ORDER, "工单号": "RO9", "VIN": "LS4"}])
    with path.open("rb") as file:
        run = actions.receive(lina, kind="repair_orders", filename=called, content=File(file), now=timezone.now())
    folder = tmp_path / "media"
    [kept] = [found for found in folder.rglob("*") if found.is_file()]
    assert kept.parent.name == str(run.pk)
    assert kept.parent.parent.name == "imports"
    assert kept.name.strip(".")
    assert run.filename
    actions.apply(lina, run, now=timezone.now())
    assert running.apply(run.pk) is not None
    assert Path(actions.hand_out_errors(lina, run.pk, now=timezone.now())[0]).parent == kept.parent


def test_what_is_cut_says_in_which_column(tmp_path: Path, in_chengdu: Tenant) -> None:
    long = {"送修人": "王" * 130, "车主": "李" * 130, "服务顾问": "陈" * 70, "备注": "x" * 600, "故障描述": "y" * 1100}
    path = write_csv(tmp_path / "long.csv", "repair_orders", [{**GOOD_ORDER, **long}])
    cut = [warning for warning in look(path, "repair_orders").warnings if "只保留" in warning.reason]
    assert {(warning.line, warning.column) for warning in cut} == {(2, column) for column in long}
    sale = {"销售顾问": "陈" * 70, "客户名称": "李" * 130}
    path = write_csv(tmp_path / "sale.csv", "deliveries", [{**GOOD_DELIVERY, **sale}])
    cut = [warning for warning in look(path, "deliveries").warnings if "只保留" in warning.reason]
    assert {(warning.line, warning.column) for warning in cut} == {(2, column) for column in sale}


def test_another_stores_import_is_not_there(lina: Actor, suzhou: Tenant) -> None:
    run = received(lina)
    with inside(suzhou), pytest.raises(NotFound):
        queries.outcome(lina, run.pk)


def test_a_corrected_mapping_is_remembered_for_its_source(lina: Actor) -> None:
    headers = ["编号甲", "开单日期", "交车日期", "VIN", "车主", "手机", "某某", "接车"]
    rows = [headers, ["R1", "2025-06-08", "", GOOD_ORDER["VIN"], "李文静", "13912345678", "1200", "陈志强"]]
    content = csv_bytes(rows)
    run = received(lina, content=content)
    page = queries.mapping(lina, run.pk)
    assert page.missing == ["工单号"]
    assert page.columns[0].target is None
    assert page.columns[0].samples == ("R1",)
    chosen = {column.index: column.target for column in page.columns if column.target}
    with pytest.raises(DomainError):
        actions.remap(lina, run, chosen=chosen, now=timezone.now())
    with pytest.raises(DomainError) as twice:
        actions.remap(lina, run, chosen={**chosen, 0: "number", 6: "number"}, now=timezone.now())
    assert twice.value.code == "twice"
    actions.remap(lina, run, chosen={**chosen, 0: "number", 6: "mileage", 7: "advisor"}, now=timezone.now())
    assert [column.target for column in queries.mapping(lina, run.pk).columns][:1] == ["number"]
    actions.apply(lina, run, now=timezone.now())
    running.apply(run.pk)
    assert RepairOrder.objects.get().mileage == 1200

    rows[1][0] = "R2"
    second = received(lina, content=csv_bytes(rows))
    assert queries.mapping(lina, second.pk).missing == []
    actions.reread(lina, second, now=timezone.now())
    assert queries.mapping(lina, second.pk).missing == ["工单号"]
    assert SourceMapping.objects.count() == 1


def test_another_encoding_can_be_chosen(lina: Actor) -> None:
    run = received(lina)
    with pytest.raises(DomainError):
        actions.reread(lina, run, now=timezone.now(), encoding="utf-16")
    run.refresh_from_db()
    assert run.encoding == "gb18030"
    assert queries.mapping(lina, run.pk).encodings[0][0] == "gb18030"


def test_the_first_page_says_what_each_kind_must_have() -> None:
    for kind in queries.kinds():
        assert kind.value in KINDS
        assert any(field.headers[0] in kind.columns_hint for field in FIELDS[kind.value] if field.required)


def test_the_tasks_do_it_in_their_tenant_and_language(lina: Actor, chengdu: Tenant) -> None:
    run = received(lina)
    actions.check(lina, run, now=timezone.now())
    with door():
        tasks.check(str(run.pk), "en", _tenant=chengdu.schema_name)
    run.refresh_from_db()
    assert run.state == State.CHECKED
    actions.apply(lina, run, now=timezone.now())
    with door():
        tasks.apply(str(run.pk), "en", _tenant=chengdu.schema_name)
        tasks.apply(str(run.pk), "en", _tenant=chengdu.schema_name)
    run.refresh_from_db()
    assert (run.state, run.new) == (State.DONE, 1)
    with door(), pytest.raises(WrongTenant):
        tasks.apply(str(run.pk), "en")


def test_two_sources_with_the_same_headers_are_read_each_in_its_way(lina: Actor) -> None:
    headers = ["编号甲", "开单日期", "交车日期", "VIN", "车主", "手机", "数一", "数二"]
    content = csv_bytes([headers, ["R1", "2025-06-08", "", GOOD_ORDER["VIN"], "李文静", "13912345678", "1200", "300"]])

    def read_as(filename: str, mileage: int | None) -> Any:
        run = received(lina, name=filename, content=content)
        if mileage is not None:
            targets = {column.index: column.target for column in queries.mapping(lina, run.pk).columns if column.target}
            kept = {place: target for place, target in targets.items() if target not in ("number", "mileage")}
            actions.remap(lina, run, chosen={**kept, 0: "number", mileage: "mileage"}, now=timezone.now())
        return queries.mapping(lina, run.pk)

    def mileage_of(page: Any) -> list[int]:
        return [column.index for column in page.columns if column.target == "mileage"]

    read_as("东站工单_20250608.csv", 6)
    read_as("西站工单_20250608.csv", 7)
    east, west, other = (read_as(f"{name}_20250701(1).csv", None) for name in ("东站工单", "西站工单", "南站工单"))
    assert (mileage_of(east), mileage_of(west)) == ([6], [7])
    assert east.remembered is not None
    assert (east.remembered.name, east.remembered.by) == ("东站工单", "李娜")
    # A name not seen before is read as these headers were last read.
    assert mileage_of(other) == [7]
    run = received(lina, name="东站工单_20250801.csv", content=content)
    actions.forget_mapping(lina, run, now=timezone.now())
    page = queries.mapping(lina, run.pk)
    assert (page.missing, page.remembered) == (["工单号"], None)
    assert SourceMapping.objects.count() == 1


def test_the_same_file_again_says_when_it_came_in(lina: Actor) -> None:
    first = received(lina)
    assert queries.mapping(lina, first.pk).before is None
    actions.apply(lina, first, now=timezone.now())
    running.apply(first.pk)
    before = queries.mapping(lina, received(lina).pk).before
    assert before is not None
    assert (before.id, before.by) == (first.pk, "李娜")


def test_a_file_over_the_limit_is_not_even_laid_aside(
    client_of: Any, chengdu: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_MB", 0)
    kept: list[Any] = []
    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", lambda self, *args, **named: kept.append(args))
    file = SimpleUploadedFile("x.csv", b"x" * (3 << 20))
    answer = client_of("李娜").post("/imports/new/", {"kind": "repair_orders", "file": file})
    assert answer.status_code == 422
    assert "500 MB" in answer.text
    assert kept == []
    with inside(chengdu):
        assert not ImportRun.objects.exists()

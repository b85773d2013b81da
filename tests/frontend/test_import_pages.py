"""What people do with the import pages when it isn't the straight way: wrong kind, twice, at once, back, cancelled.

The work in the background is carried out by the test itself, so every state can be looked at.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from dms_cases import GOOD_DELIVERY, GOOD_ORDER, ORDER_HEADERS, table
from xlsxwriter import Workbook

from crm.dms import running
from crm.dms.fields import Kind
from crm.dms.models import ImportRun
from crm.vehicles.models import RepairOrder
from sanfang.audit.models import Access
from sanfang.tenancy.context import inside
from tenants.models import Tenant

HTMX = {"HX-Request": "true"}
ORDERS: Kind = "repair_orders"


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def lina(client_of: Callable[[str], Client]) -> Client:
    return client_of("李娜")


@pytest.fixture
def zhou(client_of: Callable[[str], Client]) -> Client:
    return client_of("周思颖")


def a_file(*rows: dict[str, str], kind: Kind = ORDERS, encoding: str = "gb18030") -> bytes:
    chosen = rows or (GOOD_ORDER, {**GOOD_ORDER, "工单号": "RO002", "VIN": "=LS4"})
    return "\n".join(",".join(line) for line in table(kind, chosen)).encode(encoding)


def send(client: Client, content: bytes, kind: str = ORDERS, name: str = "工单.csv") -> Any:
    return client.post("/imports/new/", {"kind": kind, "file": SimpleUploadedFile(name, content)})


def uploaded(client: Client, content: bytes = b"", name: str = "工单.csv") -> UUID:
    answer = send(client, content or a_file(), name=name)
    assert answer.status_code == 302
    assert answer["Location"].endswith("/mapping/")
    return UUID(answer["Location"].split("/")[2])


def columns(client: Client, key: UUID, **changed: str) -> dict[str, str]:
    """The mapping form as it stands on the page."""
    page = client.get(f"/imports/{key}/mapping/")
    form = {f"column-{one.index}": one.target or "" for one in page.context["columns"]}
    return {**form, **changed}


def checked(client: Client, tenant: Tenant, content: bytes = b"") -> UUID:
    key = uploaded(client, content)
    assert client.post(f"/imports/{key}/mapping/", columns(client, key))["Location"] == f"/imports/{key}/progress/"
    with inside(tenant):
        running.check(key)
    return key


def carried_out(client: Client, tenant: Tenant, content: bytes = b"") -> UUID:
    key = checked(client, tenant, content)
    client.post(f"/imports/{key}/apply/")
    with inside(tenant):
        running.apply(key)
    return key


def where(client: Client, path: str) -> str:
    return str(client.get(path, follow=True).request["PATH_INFO"])


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_file_of_the_other_kind_is_refused_in_words_and_the_kind_stays_chosen(lina: Client) -> None:
    answer = send(lina, a_file(GOOD_DELIVERY, kind="deliveries"))
    assert answer.status_code == 422
    page = text_of(answer)
    assert "这像是销售台账文件，不是维修工单" in page
    assert 'value="repair_orders" required checked' in page


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "文件是空的"), (b"%PDF-1.7 sales", "这是 PDF 文件"), ("天气很好".encode(), "找不到维修工单的表头")],
)
def test_a_wrong_file_says_what_to_do_and_leaves_nothing(
    lina: Client, chengdu: Tenant, tmp_path: Any, content: bytes, words: str
) -> None:
    answer = send(lina, content)
    assert answer.status_code == 422
    assert words in text_of(answer)
    with inside(chengdu):
        assert not ImportRun.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_nothing_chosen_names_both_fields(lina: Client) -> None:
    page = text_of(lina.post("/imports/new/", {}))
    assert "请选择这是什么文件。" in page
    assert "请选择从 DMS 导出的文件。" in page


def test_a_choice_of_columns_that_cannot_be_is_kept_with_its_reason(lina: Client) -> None:
    key = uploaded(lina)
    form = columns(lina, key)
    vin = next(name for name, target in form.items() if target == "vin")
    answer = lina.post(f"/imports/{key}/mapping/", {**form, vin: ""})
    assert answer.status_code == 422
    assert "缺少“VIN”列" in text_of(answer)
    kept = {f"column-{one.index}": one.target for one in answer.context["columns"]}
    assert kept[vin] is None
    assert kept == {name: target or None for name, target in {**form, vin: ""}.items()}


def test_another_encoding_reads_the_columns_anew_before_anything_is_tried(lina: Client, chengdu: Tenant) -> None:
    key = uploaded(lina)
    form = columns(lina, key, encoding="utf-8")
    answer = lina.post(f"/imports/{key}/mapping/", form)
    assert answer.status_code == 422
    with inside(chengdu):
        run = ImportRun.objects.get()
        assert (run.state, run.encoding) == ("uploaded", "gb18030")
    answer = lina.post(f"/imports/{key}/mapping/", {**form, "encoding": "gb18030", "again": "1"})
    assert answer["Location"] == f"/imports/{key}/mapping/"


def test_another_sheet_shows_its_columns_before_anything_is_tried(lina: Client, chengdu: Tenant) -> None:
    """Without pressing the button that reads it anew: the columns chosen are those of the sheet before."""
    book = BytesIO()
    with Workbook(book, {"in_memory": True}) as file:
        for name, headers in (("六月", ORDER_HEADERS), ("七月", ORDER_HEADERS[::-1])):
            sheet = file.add_worksheet(name)
            for line, row in enumerate(table(ORDERS, [GOOD_ORDER], headers)):
                sheet.write_row(line, 0, row)
    key = uploaded(lina, book.getvalue(), name="工单.xlsx")
    answer = lina.post(f"/imports/{key}/mapping/", columns(lina, key, sheet="七月"))
    assert answer["Location"] == f"/imports/{key}/mapping/"
    page = lina.get(f"/imports/{key}/mapping/")
    assert page.context["file"]["sheet"] == "七月"
    assert page.context["file"]["encodings"] == []
    assert [one.header for one in page.context["columns"]] == ORDER_HEADERS[::-1]
    with inside(chengdu):
        assert ImportRun.objects.get().state == "uploaded"


def test_the_dry_run_changes_nothing_and_says_so_when_there_is_nothing_to_do(lina: Client, chengdu: Tenant) -> None:
    carried_out(lina, chengdu, a_file(GOOD_ORDER))
    key = checked(lina, chengdu, a_file(GOOD_ORDER))
    page = text_of(lina.get(f"/imports/{key}/preview/"))
    assert "文件里的内容都已经导入过" in page
    assert "确认导入" not in page


def test_a_file_of_faults_only_still_gives_its_error_file(lina: Client, chengdu: Tenant) -> None:
    key = checked(lina, chengdu, a_file({**GOOD_ORDER, "VIN": "LS4"}))
    assert "不导入，只生成错误文件" in text_of(lina.get(f"/imports/{key}/preview/"))
    lina.post(f"/imports/{key}/apply/")
    with inside(chengdu):
        running.apply(key)
        assert not RepairOrder.objects.exists()
    assert lina.get(f"/imports/{key}/errors/").status_code == 200


def test_a_second_click_and_a_colleague_come_to_the_import_under_way(
    lina: Client, zhou: Client, chengdu: Tenant
) -> None:
    key = checked(lina, chengdu)
    for client in (lina, lina, zhou):
        answer = client.post(f"/imports/{key}/apply/", follow=True)
        assert answer.request["PATH_INFO"] == f"/imports/{key}/progress/"
        assert "排队中，马上开始…" in text_of(answer)
    with inside(chengdu):
        running.apply(key)
        running.apply(key)
        assert RepairOrder.objects.count() == 1
    answer = zhou.post(f"/imports/{key}/apply/", follow=True)
    assert answer.request["PATH_INFO"] == f"/imports/{key}/result/"
    assert text_of(answer).count("alert--danger") == 1  # the hidden one that speaks when the session has ended


def test_old_tabs_and_the_back_button_lead_to_how_it_stands(lina: Client, chengdu: Tenant) -> None:
    key = uploaded(lina)
    for page in ("preview", "result", "progress"):
        assert where(lina, f"/imports/{key}/{page}/") == f"/imports/{key}/mapping/"
    key = carried_out(lina, chengdu)
    for page in ("mapping", "preview", "progress"):
        assert where(lina, f"/imports/{key}/{page}/") == f"/imports/{key}/result/"
    answer = lina.post(f"/imports/{key}/mapping/", {})
    assert answer["Location"] == f"/imports/{key}/result/"


def test_progress_leads_on_by_itself(lina: Client, chengdu: Tenant) -> None:
    key = uploaded(lina)
    lina.post(f"/imports/{key}/mapping/", columns(lina, key))
    part = lina.get(f"/imports/{key}/progress/", headers=HTMX)
    assert "正在试算…" in text_of(part)
    assert 'hx-trigger="every 1s"' in text_of(part)
    assert '<noscript><meta http-equiv="refresh"' in text_of(lina.get(f"/imports/{key}/progress/"))
    with inside(chengdu):
        running.check(key)
    answer = lina.get(f"/imports/{key}/progress/", headers=HTMX)
    assert answer["HX-Redirect"] == f"/imports/{key}/preview/"


def test_cancelled_is_cancelled_and_done_stays_done(lina: Client, chengdu: Tenant) -> None:
    key = checked(lina, chengdu)
    lina.post(f"/imports/{key}/apply/")
    assert "已取消，没有写入任何数据。" in text_of(lina.post(f"/imports/{key}/cancel/", follow=True))
    with inside(chengdu):
        assert running.apply(key) is None
        assert not RepairOrder.objects.exists()
    answer = lina.post(f"/imports/{key}/apply/", follow=True)
    assert "已取消" in text_of(answer)
    key = carried_out(lina, chengdu)
    answer = lina.post(f"/imports/{key}/cancel/", follow=True)
    assert answer.request["PATH_INFO"] == f"/imports/{key}/result/"
    assert "导入已经完成，不能再取消。" in text_of(answer)


def test_a_failed_import_says_why_and_offers_another_try(lina: Client, chengdu: Tenant) -> None:
    key = checked(lina, chengdu)
    with inside(chengdu):
        ImportRun.objects.filter(pk=key).update(state="failed", message="导入被中断，没有写入任何数据，请重新导入。")
    page = text_of(lina.get(f"/imports/{key}/progress/"))
    assert "导入被中断" in page
    assert f'href="/imports/{key}/mapping/"' in page
    assert "every 1s" not in page


def test_the_error_file_holds_no_formula_and_only_who_may_gets_it(
    lina: Client, client_of: Callable[[str], Client], chengdu: Tenant
) -> None:
    key = carried_out(lina, chengdu)
    answer = lina.get(f"/imports/{key}/errors/")
    assert answer["Content-Disposition"].startswith("attachment;")
    content = b"".join(answer.streaming_content).decode("gb18030")  # type: ignore[attr-defined]
    assert ",'=LS4," in content
    assert content.splitlines()[0].endswith(",原因")
    assert client_of("罗建川").get(f"/imports/{key}/errors/").status_code == 200
    assert client_of("邓凯").get(f"/imports/{key}/errors/").status_code == 403
    with inside(chengdu):
        looks = list(Access.objects.order_by("at").values_list("staff__name", "what", "object", "address"))
    assert looks == [(name, "error_file", UUID(str(key)), "127.0.0.1") for name in ("李娜", "罗建川")]
    clean = carried_out(lina, chengdu, a_file({**GOOD_ORDER, "工单号": "RO777"}))
    assert lina.get(f"/imports/{clean}/errors/").status_code == 404


def test_who_only_looks_on_is_offered_nothing_to_do(
    lina: Client, client_of: Callable[[str], Client], chengdu: Tenant
) -> None:
    begun, tried = uploaded(lina), checked(lina, chengdu)
    manager = client_of("罗建川")
    page = text_of(manager.get("/imports/"))
    assert "/imports/new/" not in page
    assert f"/imports/{begun}/" not in page
    page = text_of(manager.get(f"/imports/{tried}/preview/"))
    assert "<form class=" not in page or "确认导入" not in page
    assert f"/imports/{tried}/mapping/" not in page


@pytest.mark.parametrize("kind", ["deliveries", "repair_orders"])
def test_the_template_is_a_workbook_that_can_be_sent_back(lina: Client, kind: str) -> None:
    answer = lina.get(f"/imports/template/?kind={kind}")
    assert answer["Content-Disposition"].startswith("attachment;")
    assert send(lina, answer.content, kind=kind, name="模板.xlsx").status_code == 302
    assert lina.get("/imports/template/?kind=pets").status_code == 404


def test_a_new_store_is_shown_the_way_to_its_first_import(lina: Client, client_of: Callable[[str], Client]) -> None:
    page = text_of(lina.get("/workbench/"))
    assert "还没有回访任务" in page
    assert 'class="button button--primary" href="/imports/"' in page
    assert 'class="button button--primary" href="/imports/"' not in text_of(client_of("罗建川").get("/workbench/"))

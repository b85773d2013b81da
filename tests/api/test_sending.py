"""What machines send in: carried out once, by the rules of files, wholly or not at all."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from api_support import Machine, machine
from django.core.files.storage import default_storage
from django.utils import timezone
from dms_cases import GOOD, GOOD_DELIVERY, GOOD_ORDER
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from import_support import bring, write_csv

from api.intake import actions
from api.intake.limits import limits
from api.intake.models import Receipt
from api.intake.rows import PLACE, Unreadable, Wrong, as_file, parsed, rows_of
from crm.customers.models import Customer
from crm.dms import running
from crm.dms.fields import FIELDS, KINDS, Kind
from crm.dms.models import ImportRun
from crm.dms.tasks import apply as apply_task
from crm.leads.models import Lead
from crm.vehicles.models import Delivery, RepairOrder
from sanfang.audit.models import Event
from sanfang.tenancy.context import inside
from tenants.models import Tenant

PATHS: dict[Kind, str] = {
    "deliveries": "deliveries",
    "repair_orders": "repair-orders",
    "lost_leads": "lists/lost-leads",
    "lost_list": "lists/lost-list",
    "canvassing": "lists/canvassing",
}
VIN = GOOD_ORDER["VIN"]


def as_row(kind: Kind, cells: dict[str, str]) -> dict[str, str]:
    """A file's row by the names that the API has for its columns."""
    names = {header: field.name for field in FIELDS[kind] for header in reversed(field.headers)}
    return {names[header]: value for header, value in cells.items()}


ORDER, DELIVERY = as_row("repair_orders", dict(GOOD_ORDER)), as_row("deliveries", dict(GOOD_DELIVERY))


@pytest.fixture
def sender(chengdu: Tenant) -> Machine:
    return machine(chengdu, "write:deliveries", "write:orders", "write:lists")


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What was left to the workers."""
    found: list[tuple[str, int]] = []

    def later(run_id: str, language: str, step: int = 0) -> None:
        found.append((run_id, step))

    monkeypatch.setattr(apply_task, "later", later)
    return found


def everything_of(tenant: Tenant) -> tuple[int, ...]:
    with inside(tenant):
        return tuple(model.objects.count() for model in (RepairOrder, Delivery, Customer, ImportRun, Receipt, Event))


def test_every_kind_of_file_has_its_address() -> None:
    assert set(PATHS) == set(KINDS)
    for kind in KINDS:
        headers = [field.headers[0] for field in FIELDS[kind]]
        assert len(set(headers)) == len(headers)
        assert PLACE not in headers


@pytest.mark.parametrize("kind", ["deliveries", "repair_orders"])
def test_rows_become_what_a_file_of_them_becomes(
    chengdu: Tenant, suzhou: Tenant, sender: Machine, tmp_path: Path, kind: Kind
) -> None:
    number = next(field.headers[0] for field in FIELDS[kind] if field.name == "number")
    files = [
        dict(GOOD[kind]),
        {**GOOD[kind], number: "A2", "VIN": "LS4"},
        {**GOOD[kind], number: "A3", "备注": "两行\n备注"},
        {**GOOD[kind], number: "A4", "VIN": ""},
        {**GOOD[kind], number: "合计"},
        {**GOOD[kind], number: "A5", "交车日期": "2025-13-40"},
        {**GOOD[kind], number: "A6", "交车日期": "2035-06-08"},
    ]
    with inside(suzhou):
        bring(write_csv(tmp_path / "x.csv", kind, files), kind)
        theirs = ImportRun.objects.get()
        with Path(default_storage.path(theirs.error_file)).open(encoding="gb18030") as file:
            all_reasons = {line[-1] for line in csv.reader(file)}
        stored = {"deliveries": Delivery, "repair_orders": RepairOrder}[kind].objects
        apart = {"id", "vehicle", "customer", "source", "imported_at", "updated_at", "consultant", "advisor"}
        fields = [one.name for one in stored.model._meta.concrete_fields if one.name not in apart]
        by_file = list(stored.order_by("number").values_list(*fields))
    answer = sender.post(PATHS[kind], {"rows": [as_row(kind, row) for row in files]}, "k1")
    assert answer.status_code == 200, answer.content.decode()
    body = answer.json()
    with inside(chengdu):
        assert list(stored.order_by("number").values_list(*fields)) == by_file
    assert by_file
    counts = (theirs.new, theirs.changed, theirs.same, theirs.faulty)
    assert (body["new"], body["changed"], body["same"], body["refused"]) == counts
    assert [one["row"] for one in body["refusals"]] == [1, 3, 5]
    assert [one["remark"] for one in body["remarks"]] == [one["reason"] for one in theirs.warnings]
    assert 6 in {one["row"] for one in body["remarks"]}, "the row behind one of two lines"
    for refusal in body["refusals"]:
        assert refusal["reason"] in all_reasons


def test_lists(chengdu: Tenant, sender: Machine) -> None:
    rows = {
        "lost_leads": {"day": "2025-06-01", "customer_name": "李文静", "mobile": "13912345678", "reason": "价格"},
        "canvassing": {"day": "2025-06-01", "customer_name": "王五", "mobile": "13912345679"},
    }
    for kind, row in rows.items():
        answer = sender.post(PATHS[kind], {"rows": [row]}, kind)  # type: ignore[index]
        assert (answer.status_code, answer.json()["new"]) == (200, 1), answer.content.decode()
    with inside(chengdu):
        assert set(Lead.objects.values_list("kind", flat=True)) == set(rows)


def test_the_same_key_and_body_once_and_the_same_answer(chengdu: Tenant, sender: Machine) -> None:
    first = sender.post("repair-orders", {"rows": [ORDER]}, "k")
    before = everything_of(chengdu)
    again = sender.post("repair-orders", {"rows": [ORDER]}, "k")
    assert (again.status_code, again.json(), again["Location"]) == (200, first.json(), first["Location"])
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert everything_of(chengdu) == before


def test_the_same_key_with_anything_else_is_refused(chengdu: Tenant, sender: Machine) -> None:
    sender.post("repair-orders", {"rows": [ORDER]}, "k")
    before = everything_of(chengdu)
    for path, body in (("repair-orders", {"rows": [{**ORDER, "mileage": "1"}]}), ("deliveries", {"rows": [ORDER]})):
        other = sender.post(path, body, "k")
        assert other.status_code == 422
    assert everything_of(chengdu) == before


def test_keys_are_each_tokens_own(chengdu: Tenant, sender: Machine) -> None:
    sender.post("repair-orders", {"rows": [ORDER]}, "k")
    other = machine(chengdu, "write:orders").post("repair-orders", {"rows": [{**ORDER, "number": "RO9"}]}, "k")
    assert (other.status_code, other.json()["new"]) == (200, 1)


def test_many_rows_are_a_job(chengdu: Tenant, sender: Machine, queued: list[Any]) -> None:
    rows = [{**ORDER, "number": f"RO{number}"} for number in range(limits().inline + 1)]
    answer = sender.post("repair-orders", {"rows": rows}, "k")
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert sender.post("repair-orders", {"rows": rows}, "k").json() == answer.json()
    assert [run_id for run_id, _step in queued] == [answer.json()["id"]]
    path = answer["Location"].removeprefix("/api/v1/")
    assert sender.get(path).json()["state"] == "queued"
    with inside(chengdu):
        assert running.apply(ImportRun.objects.get().pk)
    done = sender.get(path).json()
    assert (done["state"], done["rows"], done["new"]) == ("done", len(rows), len(rows))


def test_whoever_was_cut_off_is_told_when_it_is_done(
    chengdu: Tenant, sender: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the process had been killed between taking the rows in and carrying them out."""

    def killed(run: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(actions, "_carry_out", killed)
        sender.post("repair-orders", {"rows": [ORDER]}, "k")
    early = sender.post("repair-orders", {"rows": [ORDER]}, "k")
    assert (early.status_code, early["Content-Type"]) == (409, "application/problem+json")
    assert int(early["Retry-After"]) > 0
    with inside(chengdu):
        assert not RepairOrder.objects.exists()
        [(run_id, verb, step)] = running.left_alone()
        assert running.go_on(run_id, verb, step).ended
    late = sender.post("repair-orders", {"rows": [ORDER]}, "k")
    assert (late.status_code, late.json()["new"]) == (200, 1)
    with inside(chengdu):
        assert RepairOrder.objects.count() == 1
        assert ImportRun.objects.count() == 1


def test_what_fails_in_between_leaves_nothing_not_even_the_key(
    chengdu: Tenant, sender: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything_of(chengdu)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("disk full")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr("crm.dms.actions.queue", broken)
        sender.post("repair-orders", {"rows": [ORDER]}, "k")
    assert everything_of(chengdu) == before
    assert sender.post("repair-orders", {"rows": [ORDER]}, "k").status_code == 200


def test_a_job_can_be_stopped(chengdu: Tenant, sender: Machine, queued: list[Any]) -> None:
    rows = [{**ORDER, "number": f"RO{number}"} for number in range(limits().inline + 1)]
    path = sender.post("repair-orders", {"rows": rows}, "k")["Location"].removeprefix("/api/v1/")
    assert sender.post(f"{path}/cancellation", "").json()["state"] == "cancelled"
    with inside(chengdu):
        assert running.apply(ImportRun.objects.get().pk) is None
        assert not RepairOrder.objects.exists()
    assert sender.post(f"{path}/cancellation", "").status_code == 409
    done = sender.post("repair-orders", {"rows": [ORDER]}, "k2")["Location"].removeprefix("/api/v1/")
    assert sender.post(f"{done}/cancellation", "").status_code == 409


def test_the_scope_is_what_opens_each(chengdu: Tenant) -> None:
    scopes = {"deliveries": "write:deliveries", "repair-orders": "write:orders", "lists/lost-list": "write:lists"}
    for own, scope in scopes.items():
        only = machine(chengdu, scope)
        before = everything_of(chengdu)
        for path in set(scopes) - {own}:
            assert only.post(path, {"rows": [ORDER]}, "k").status_code == 403
        assert everything_of(chengdu) == before


def test_an_import_is_the_senders_kind_and_stores_only(
    chengdu: Tenant, suzhou: Tenant, sender: Machine, tmp_path: Path
) -> None:
    path = sender.post("repair-orders", {"rows": [ORDER]}, "k")["Location"].removeprefix("/api/v1/")
    assert sender.get(path).status_code == 200
    assert machine(chengdu, "write:deliveries").get(path).status_code == 403
    assert machine(chengdu, "read:customers").get(path).status_code == 403
    stranger = machine(suzhou, "write:orders")
    assert stranger.get(path).status_code == 404
    assert stranger.post(f"{path}/cancellation", "").status_code == 404
    with inside(chengdu):
        bring(write_csv(tmp_path / "x.csv", "repair_orders", [GOOD_ORDER]), "repair_orders")
        uploaded = ImportRun.objects.order_by("-created_at")[0].pk
    assert sender.get(f"imports/{uploaded}").status_code == 404


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, "{"), (400, '{"rows": [{"number": NaN}]}'), (400, b"\xff"), (400, "[" * 100_000), (415, ""),
        (422, []), (422, {}), (422, {"rows": {}}), (422, {"rows": []}), (422, {"rows": ["x"]}),
        (422, {"rows": [{"colour_of_roof": "x"}]}), (422, {"rows": [{"number": ["x"]}]}),
        (422, {"rows": [{"number": "x" * 2001}]}), (422, {"rows": [{"number": "\x00"}]}),
        (422, '{"rows": [{"number": "\\ud800"}]}'), (422, {"rows": [ORDER], "dry_run": True}),
        (422, {"rows": [{}] * 5001}), (400, '{"rows": [{"number": ' + "9" * 5000 + "}]}"),
    ],
)  # fmt: skip
def test_odd_bodies_change_nothing(chengdu: Tenant, sender: Machine, status: int, body: Any) -> None:
    before = everything_of(chengdu)
    answer = sender.post("repair-orders", body, "k")
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert everything_of(chengdu) == before


def test_what_is_too_large_is_not_read(chengdu: Tenant, sender: Machine) -> None:
    answer = sender.post("repair-orders", b" " * (limits().bytes + 1), "k")
    assert answer.status_code == 413


def test_without_a_key_nothing_is_taken_in(chengdu: Tenant, sender: Machine) -> None:
    before = everything_of(chengdu)
    for key in ("", " ", "键", "x" * 101):
        answer = sender.post("repair-orders", {"rows": [ORDER]}, key)
        assert answer.status_code == 400, key
        assert "Idempotency-Key" in answer.json()["detail"]
    assert everything_of(chengdu) == before


def test_errors_say_where(sender: Machine) -> None:
    body = {"rows": [ORDER, {**ORDER, "a/b~c": 1, "number": {}}]}
    answer = sender.post("repair-orders", body, "k", Accept_Language="en")
    errors = {one["pointer"]: one["detail"] for one in answer.json()["errors"]}
    assert set(errors) == {"#/rows/1/a~1b~0c", "#/rows/1/number"}
    assert errors["#/rows/1/a~1b~0c"] == "There is no such field."


@given(some.recursive(some.none() | some.booleans() | some.floats() | some.integers() | some.text(max_size=8),
                      lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from(
                          ["rows", "number", "vin", "x"]), inner, max_size=3), max_leaves=12))  # fmt: skip
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_body_is_a_file_or_is_refused(body: Any) -> None:
    try:
        rows = rows_of("repair_orders", parsed(json.dumps(body).encode()))
    except (Unreadable, Wrong):
        return
    lines = as_file("repair_orders", rows).decode("utf-8-sig").splitlines()
    assert len(lines) == len(rows) + 1


def test_a_store_under_repair_takes_nothing_in(chengdu: Tenant, sender: Machine) -> None:
    from tenants.queries import forget_tenants

    Tenant.objects.filter(pk=chengdu.pk).update(behind="migration failed")
    forget_tenants()
    answer = sender.post("repair-orders", {"rows": [ORDER]}, "k")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert int(answer["Retry-After"]) > 0
    with inside(chengdu):
        assert not Receipt.objects.exists()


def test_who_sent_it_is_written_down(chengdu: Tenant, sender: Machine) -> None:
    sender.post("repair-orders", {"rows": [ORDER]}, "k")
    with inside(chengdu):
        run = ImportRun.objects.get()
        assert run.filename == "API DMS 同步.csv"
        assert run.by is not None
        assert Event.objects.filter(object=run.pk, kind="import.upload", staff=run.by).exists()
        assert run.created_at <= timezone.now()

"""What only grows goes when its time is past, and nothing else does."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from care_support import MOBILE, a_customer
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from sanfang.messaging.models import Message
from sanfang.tenancy.context import door, inside
from tenants import retention
from tenants.models import SchemaTemplate, State, Tenant
from tenants.retention import BOOKS, Rule, retire
from tenants.tasks import retire_in, retire_public

pytestmark = pytest.mark.usefixtures("own_database")
NOW = timezone.now()


def as_owner(schema: str, statement: str, *values: Any) -> Any:
    raw: Any = connections["provisioner"]
    raw.set_schema_to_public()
    with transaction.atomic(using="provisioner"), raw.cursor() as cursor:
        cursor.execute("SELECT set_config('search_path', %s, true)", [f"{schema}, public"])
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else None


@pytest.fixture(autouse=True)
def nothing_left(chengdu: Tenant) -> None:
    """Rows of an earlier test, written later than they say, would stand before this one's."""
    for table in ("surveys_response", "surveys_invitation", "messaging_message"):
        as_owner(chengdu.schema_name, f"DELETE FROM {table}")


def days(table: str) -> int:
    return next(
        rule.days for rule in (*retention.retention().tenant, *retention.retention().public) if rule.table == table
    )


def write_books(schema: str, at: datetime, count: int = 1) -> None:
    [[staff]] = as_owner(schema, "SELECT id FROM staff LIMIT 1")
    for _one in range(count):
        head = "id, at, model, object"
        as_owner(
            schema,
            "INSERT INTO audit_history (at, request, model, object, change) "
            "VALUES (%s, 'kept?', 'x', public.sanfang_uuid7(), '+')",
            at,
        )
        tail = "VALUES (public.sanfang_uuid7(), %s, 'x', public.sanfang_uuid7(), %s, "
        as_owner(schema, f"INSERT INTO audit_access ({head}, staff_id, what, reason) {tail} 'kept?', '')", at, staff)
        as_owner(schema, f"INSERT INTO audit_event ({head}, staff_id, kind, data) {tail} 'kept?', '{{}}')", at, staff)


def kept(schema: str) -> dict[str, int]:
    column = {"audit_history": "request", "audit_access": "what", "audit_event": "kind"}
    return {
        book: as_owner(schema, f"SELECT count(*) FROM {book} WHERE {column[book]} = 'kept?'")[0][0] for book in BOOKS
    }


def test_the_books_go_when_the_law_no_longer_wants_them(chengdu: Tenant, suzhou: Tenant) -> None:
    for tenant in (chengdu, suzhou):
        for book in BOOKS:
            as_owner(tenant.schema_name, f"DELETE FROM {book}")
        write_books(tenant.schema_name, NOW - timedelta(days=days("audit_event") + 1), 3)
        write_books(tenant.schema_name, NOW - timedelta(days=days("audit_history") - 1), 2)
    retire_in(chengdu.schema_name)
    assert kept(chengdu.schema_name) == dict.fromkeys(BOOKS, 2)
    assert kept(suzhou.schema_name) == dict.fromkeys(BOOKS, 5)
    retire_in(chengdu.schema_name)
    assert kept(chengdu.schema_name) == dict.fromkeys(BOOKS, 2)


@pytest.mark.parametrize("state", [State.LEAVING, State.GONE])
def test_nothing_is_taken_from_who_left_after_the_task_was_sent(suzhou: Tenant, state: State) -> None:
    write_books(suzhou.schema_name, NOW - timedelta(days=days("audit_event") + 1))
    before = kept(suzhou.schema_name)
    Tenant.objects.filter(pk=suzhou.pk).update(state=state)
    try:
        retire_in(suzhou.schema_name)
    finally:
        Tenant.objects.filter(pk=suzhou.pk).update(state=State.READY)
    assert kept(suzhou.schema_name) == before


def test_no_other_schema_is_this_tasks_business() -> None:
    for name in ("public", "pg_catalog", "t_template_dealer", 'x"; DROP SCHEMA public CASCADE; --'):
        retire_in(name)
    as_owner("public", "SELECT 1 FROM tenants_tenant")


def test_a_tenants_role_still_deletes_nothing(chengdu: Tenant) -> None:
    write_books(chengdu.schema_name, NOW - timedelta(days=5000))
    before = kept(chengdu.schema_name)
    for book in BOOKS:
        with inside(chengdu), pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {book}")
    assert kept(chengdu.schema_name) == before


def test_in_small_batches_and_no_more_than_so_many(chengdu: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    few = retention.Retention(2, 3, retention.retention().tenant, ())
    monkeypatch.setattr(retention, "retention", lambda: few)
    as_owner(chengdu.schema_name, "DELETE FROM audit_history")
    write_books(chengdu.schema_name, NOW - timedelta(days=days("audit_history") + 1), 7)
    rule = next(rule for rule in few.tenant if rule.table == "audit_history")
    assert retire(chengdu.schema_name, (rule,), NOW) == {"audit_history": 6}
    assert retire(chengdu.schema_name, (rule,), NOW) == {"audit_history": 1}


def a_message(state: str, age: int) -> Any:
    at = NOW - timedelta(days=age)
    return Message.objects.create(
        to=MOBILE, text="您好", purpose="x", customer_id=a_customer().pk, state=state, queued_at=at, not_before=at
    ).pk


def test_messages_go_without_a_trace_and_those_that_wait_stay(chengdu: Tenant) -> None:
    old = days("messaging_message") + 1
    with inside(chengdu):
        gone, waits, young = a_message("sent", old), a_message("queued", old), a_message("sent", old - 2)
    retire_in(chengdu.schema_name)
    with inside(chengdu):
        assert set(Message.objects.values_list("pk", flat=True)) >= {waits, young}
        assert not Message.objects.filter(pk=gone).exists()
    found = as_owner(chengdu.schema_name, "SELECT change FROM audit_history WHERE object = %s", gone)
    assert found == [("+",)]


def test_an_old_message_that_must_stay_keeps_no_other_from_going(chengdu: Tenant) -> None:
    old = days("messaging_message") + 1
    few = [next(rule for rule in retention.retention().tenant if rule.table == "messaging_message")]
    with inside(chengdu):
        for _one in range(3):
            a_message("queued", old + 5)
        gone = a_message("failed", old)
    assert retire(chengdu.schema_name, tuple(few), NOW) == {"messaging_message": 1}
    with inside(chengdu):
        assert not Message.objects.filter(pk=gone).exists()


def test_expired_sessions_and_old_templates_go(network: dict[str, Tenant]) -> None:
    with door():
        Session.objects.create(session_key="old", session_data="", expire_date=NOW - timedelta(seconds=1))
        Session.objects.create(session_key="live", session_data="", expire_date=NOW + timedelta(hours=1))
        SchemaTemplate.objects.all().delete()
        for version in ("a", "b", "c"):
            SchemaTemplate.objects.create(kind="dealer", version=version, sql="x")
        SchemaTemplate.objects.update(made_at=NOW - timedelta(days=days("tenants_schematemplate") + 1))
    retire_public()
    with door():
        keys = set(Session.objects.values_list("session_key", flat=True))
        assert "live" in keys
        assert "old" not in keys
        assert list(SchemaTemplate.objects.values_list("version", flat=True)) == ["c"]


def test_a_group_has_fewer_tables(yuanting: Tenant) -> None:
    retire_in(yuanting.schema_name)


def test_every_rule_fits_its_table(chengdu: Tenant) -> None:
    for rule in retention.retention().tenant:
        assert retire(chengdu.schema_name, (rule,), NOW - timedelta(days=36_500)) == {}, rule.table
    for rule in retention.retention().public:
        assert retire("public", (rule,), NOW - timedelta(days=36_500)) == {}, rule.table


def test_no_book_may_be_kept_shorter_than_the_law_says(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {
        "batch": 1, "batches": 1, "least_days_of_books": 184, "public": [],
        "tenant": [{"table": "audit_access", "at": "at", "order": "id", "days": 183, "reason": ""}],
    }  # fmt: skip
    monkeypatch.setattr("yaml.safe_load", lambda text: table)
    with pytest.raises(ValueError, match="184"):
        retention.retention.__wrapped__()
    assert Rule("t", "at", 1, "").due() == "at < %(before)s AND (true)"

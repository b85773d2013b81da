"""The machine of isolation/test_machine.py: it enters and leaves stores at random, in and out of transactions."""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

import psycopg
import pytest
from catalogue_support import session_of
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, InterfaceError, connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, precondition, rule
from machine_model import DOOR, Model

from crm.customers.models import Customer
from sanfang.kernel.errors import WrongTenant
from sanfang.tenancy.context import current_schema, door, inside
from sanfang.tenancy.tasks import tenant_task
from tenants.models import Tenant

STORES = ("chengdu", "suzhou")
KEYS = st.sampled_from(["a", "b"])
DEEPEST = 5
"""Blocks in one another."""


@tenant_task(name="tests.write_down")
def write_down(name: str) -> None:
    Customer.objects.create(name=name, address="by task")


class Stop(Exception):
    """Raised by the machine itself."""


class Machine(RuleBasedStateMachine):
    tenants: ClassVar[dict[str, Tenant]] = {}
    numbers: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(*({slug: {} for slug in STORES} for _ in range(3)))  # type: ignore[arg-type]
        self.noted: list[tuple[str, str]] = []
        self.born: dict[str, str] = {}

    def name(self) -> str:
        Machine.numbers += 1
        return f"n{Machine.numbers}"

    @property
    def here(self) -> str:
        return self.model.here

    def refused(self, act: Callable[[], Any]) -> None:
        """Whatever it is, it stops before PostgreSQL hears of it."""
        with pytest.raises(WrongTenant):
            act()

    def in_savepoint(self, statement: str, refusal: str) -> None:
        with pytest.raises(DatabaseError, match=refusal), transaction.atomic():
            connection.cursor().execute(statement)

    # --- coming and going: nothing is asked of the database yet ---
    @precondition(lambda self: len(self.model.frames) < DEEPEST)
    @rule(place=st.sampled_from((*STORES, DOOR, None)), begin=st.booleans())
    def enter(self, place: str | None, begin: bool) -> None:
        if place:
            self._push("inside", door() if place == DOOR else inside(self.tenants[place]), place)
        if begin or not place:
            self._push("atomic", transaction.atomic())

    def _push(self, kind: str, block: Any, place: str = "") -> None:
        block.__enter__()
        self.model.enter(kind, block, place)

    @precondition(lambda self: self.model.frames)
    @rule(blocks=st.integers(1, 3))
    def leave(self, blocks: int) -> None:
        for _block in range(min(blocks, len(self.model.frames))):
            frame = self.model.leave(undone=False)
            frame.block.__exit__(None, None, None)
        self.look()

    @precondition(lambda self: self.model.frames)
    @rule(blocks=st.integers(1, 2))
    def leave_in_error(self, blocks: int) -> None:
        for _block in range(min(blocks, len(self.model.frames))):
            self._leave_in_error()
        self.look()

    def _leave_in_error(self) -> None:
        frame, error = self.model.leave(undone=True), Stop()
        with suppress(Stop):
            frame.block.__exit__(Stop, error, None)

    # --- what goes wrong ---
    @rule(kind=st.sampled_from(["in a savepoint", "foreign rows", "uncaught", "swallowed", "connection lost"]))
    def trouble(self, kind: str) -> None:
        if kind == "connection lost":
            self._lose_the_connection()
        elif kind == "uncaught" and self.model.in_transaction:
            with pytest.raises(DatabaseError):
                connection.cursor().execute("SELECT 1 / 0")
            while self.model.frames[-1].kind != "atomic":
                self._leave_in_error()
            self._leave_in_error()
        elif kind == "swallowed" and [frame.kind for frame in self.model.frames][-1:] == ["atomic"]:
            self._swallow()
        elif kind == "foreign rows":
            for tenant in (self.tenants[slug] for slug in STORES if slug != self.here):
                for deed in ("SELECT * FROM", "DELETE FROM"):
                    self.in_savepoint(f'{deed} "{tenant.schema_name}".customers_customer', "permission denied")
        else:
            self.in_savepoint("SELECT 1 / 0", "division by zero")
        self.look()

    def _swallow(self) -> None:
        """An error is caught in the middle of a transaction, whose commit PostgreSQL then makes a rollback of."""
        with suppress(DatabaseError):
            connection.cursor().execute("SELECT 1 / 0")
        if len([frame for frame in self.model.frames if frame.kind == "atomic"]) > 1:
            self._leave_in_error()
            return
        self.model.rows = self.model.frames[-1].before
        frame = self.model.leave(undone=False)
        frame.block.__exit__(None, None, None)

    def _lose_the_connection(self) -> None:
        connection.ensure_connection()
        with psycopg.connect(os.environ["SANFANG_TEST_ADMIN_URL"], autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
        with pytest.raises((DatabaseError, InterfaceError)):
            connection.cursor().execute("SELECT 1")
        while self.model.in_transaction:
            self._leave_in_error()
        connection.close()

    # --- rows and queries that are carried about ---
    things: Bundle[Any] = Bundle("things")

    @rule(target=things, kind=st.sampled_from(["row", "query"]))
    def make(self, kind: str) -> Any:
        if kind == "query":
            return kind, self.here, Customer.objects.filter(name__startswith="n").order_by("pk")
        name = self.name()
        if self.here == DOOR:
            self.refused(lambda: Customer.objects.create(name=name))
            return kind, DOOR, Customer(name=name)
        row = Customer.objects.create(name=name, address=self.here)
        self.model.rows[self.here][name] = self.here
        self.born[str(row.pk)] = self.here
        return kind, self.here, row

    @rule(thing=things, deed=st.sampled_from(["save", "delete", "refresh_from_db"]), fresh=st.booleans())
    def use(self, thing: Any, deed: str, fresh: bool) -> None:
        kind, home, carried = thing
        if kind == "query":
            self._ask(home, carried.all() if fresh else carried._chain(), fresh)
        elif home != self.here:
            if home != DOOR:
                self.refused(getattr(carried, deed))
        elif home != DOOR and carried.name in self.model.rows[home]:
            if deed == "save":
                carried.address = self.model.rows[home][carried.name] = self.name()
            elif deed == "delete":
                del self.model.rows[home][carried.name]
                carried = Customer.objects.get(pk=carried.pk)  # a deleted row forgets its key, and is carried on
            getattr(carried, deed)()

    def _ask(self, home: str, query: Any, fresh: bool) -> None:
        if self.here == DOOR or home not in (DOOR, self.here):
            for act in (lambda: list(query), query.count, lambda: query.update(name="x"), query.delete):
                self.refused(act)
        elif home == self.here or fresh:
            assert {row.name for row in query} == set(self.model.rows[self.here])

    # --- what runs later, what is kept elsewhere ---
    @rule(kind=st.sampled_from(["task", "task", "note", "cache", "file"]), key=KEYS)
    def work(self, kind: str, key: str) -> None:
        name, value = f"machine/{key}", self.name()
        if kind == "note":
            self.model.after_commit(kind, value)
            transaction.on_commit(lambda: self.noted.append((value, self._place())))
        elif self.here == DOOR:
            self.refused(lambda: default_storage.save(name, ContentFile(b"")))
            self.refused(lambda: write_down.later(value))
        elif kind == "task":
            self.model.after_commit(kind, value)
            write_down.later(value)
        elif kind == "cache":
            cache.set(name, value, 60)
            self.model.cached[self.here][key] = value
        else:
            default_storage.delete(name)
            default_storage.save(name, ContentFile(value.encode()))
            self.model.filed[self.here][key] = value.encode()

    def _place(self) -> str:
        return next((slug for slug in STORES if self.tenants[slug].schema_name == current_schema()), DOOR)

    # --- what must hold ---
    @rule()
    def look(self) -> None:
        assert self._place() == self.here
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, current_setting('search_path')")
            role, path = cursor.fetchone()
        schema = "public" if self.here == DOOR else self.tenants[self.here].schema_name
        assert role == ("sanfang_door" if self.here == DOOR else schema)
        assert path.split(",")[0] == f'"{schema}"'
        assert self.noted == self.model.noted
        if self.here != DOOR:
            self._look_inside()

    def _look_inside(self) -> None:
        found = dict(Customer.objects.filter(name__startswith="n").values_list("name", "address"))
        assert found == self.model.rows[self.here]
        for key in ("a", "b"):
            name = f"machine/{key}"
            assert cache.get(name) == self.model.cached[self.here].get(key)
            kept = default_storage.open(name).read() if default_storage.exists(name) else None
            assert kept == self.model.filed[self.here].get(key)

    def teardown(self) -> None:
        try:
            while self.model.frames:
                self.leave(1)
            self._look_at_the_end()
        finally:
            # Blocks of a run that failed would end when Python clears them away, in the middle of another test.
            for frame in reversed(self.model.frames):
                if frame.kind == "inside":
                    frame.block.gen.close()

    def _look_at_the_end(self) -> None:
        for slug in STORES:
            with session_of(self.tenants[slug]) as session:
                rows = session.execute("SELECT name, address FROM customers_customer WHERE name LIKE 'n%'").fetchall()
                books = session.execute(
                    "SELECT DISTINCT object::text FROM audit_history WHERE model = 'customers_customer'"
                ).fetchall()
                session.execute("DELETE FROM customers_customer")
            assert dict(rows) == self.model.rows[slug], slug
            assert {self.born.get(key, slug) for (key,) in books} <= {slug}, "history is written where it happened"
            with inside(self.tenants[slug]):
                cache.delete_many(["machine/a", "machine/b"])
                for key in ("a", "b"):
                    default_storage.delete(f"machine/{key}")

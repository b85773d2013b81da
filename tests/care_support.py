"""What the tests of complaints, surveys, customers and messages share."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from crm.customers.models import Customer
from crm.surveys import actions as surveys
from crm.surveys.models import Invitation
from crm.vehicles.models import Vehicle
from sanfang.kernel.ids import uuid7
from sanfang.messaging import secrets
from sanfang.messaging.gateways import Outgoing
from sanfang.tenancy.context import inside
from tenants.models import Tenant

SHANGHAI = ZoneInfo("Asia/Shanghai")
MOBILE = "15421234567"
OTHER_MOBILE = "15427654321"


def at(text: str) -> datetime:
    """``"2026-11-17 10:00"`` on the store's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


NOW = at("2026-11-17 10:00")

SATISFIED: dict[str, dict[str, Any]] = {
    "overall": {"value": 5, "reasons": []},
    "advisor": {"value": 4, "reasons": []},
    "explanation": {"value": 4, "reasons": []},
    "repaired": {"value": "yes", "reasons": []},
    "clean": {"value": True, "reasons": []},
}
"""Answers to the Changan pack's ``service-callback``."""
DISSATISFIED = SATISFIED | {
    "overall": {"value": 1, "reasons": ["waiting", "price"]},
    "clean": {"value": False, "reasons": ["not-washed"]},
}


def posted(answers: dict[str, dict[str, Any]], note: str = "") -> dict[str, Any]:
    """The same answers as a browser's form sends them."""
    words = {True: "yes", False: "no"}
    form: dict[str, Any] = {"note": note}
    for key, answer in answers.items():
        value = answer["value"]
        form[f"q-{key}"] = words[value] if isinstance(value, bool) else str(value)
        form[f"q-{key}-reason"] = answer["reasons"]
    return form


def a_customer(**facts: Any) -> Customer:
    return Customer.objects.create(**{"name": "陈静怡", "gender": "female", "mobile": MOBILE, **facts})


def a_vehicle(**facts: Any) -> Vehicle:
    return Vehicle.objects.create(**{"vin": "LS5A3DKE0NA000017", "plate": "川A6K88F", "model": "CS75 PLUS", **facts})


def invite(customer: Customer, *, now: datetime = NOW, follow_up_id: UUID | None = None) -> tuple[Invitation, str]:
    """An invitation to the service questionnaire, and the code that only its message holds."""
    invitation = surveys.invite(
        customer=customer,
        vehicle=None,
        follow_up_id=follow_up_id or uuid7(),
        questionnaire="service-callback",
        now=now,
    )
    assert invitation is not None
    return invitation, secrets.unseal(invitation.message.sealed)


@contextmanager
def nothing_changes() -> Iterator[None]:
    """Inside a tenant: the block leaves every row of every table as it was."""
    before = everything()
    yield
    assert everything() == before


def everything() -> dict[str, list[str]]:
    """Every row of the tenant we are in, as text, by table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
        tables = [row[0] for row in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            found[table] = [row[0] for row in cursor.fetchall()]
        return found


def at_once(tenant: Tenant, *works: Callable[[], Any]) -> list[Any]:
    """Runs each of ``works`` in a thread of its own, inside ``tenant``, all let go at the same moment.

    Their results, or the exceptions they raised. Needs ``own_database``: each thread has its own connection.
    """
    gate = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(place: int) -> None:
        try:
            with inside(tenant):
                gate.wait(timeout=20)
                results[place] = works[place]()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


class Recorder:
    """A gateway that keeps what it was given, and fails as it is told to."""

    provider = "development"
    templated = False
    sent: ClassVar[list[Outgoing]] = []
    failure: ClassVar[Exception | None] = None
    meanwhile: ClassVar[Callable[[], Any] | None] = None

    def send(self, message: Outgoing) -> str:
        Recorder.sent.append(message)
        if Recorder.meanwhile:
            Recorder.meanwhile()
        if Recorder.failure:
            raise Recorder.failure
        return f"r-{len(Recorder.sent)}"


class Ticking:
    """A clock that stands still unless moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)

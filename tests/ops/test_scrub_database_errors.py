"""PostgreSQL quotes whole rows in its messages; neither log lines nor error reports pass them on."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import sentry_sdk
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from report_support import Caught

from crm.customers.models import Customer, TrackingItem
from sanfang.ops import sentry
from sanfang.ops.logs import configure
from sanfang.ops.scrub import scrub_text
from sanfang.tenancy.models import Staff

pytestmark = pytest.mark.usefixtures("in_chengdu")

# Put together here, because a report quotes the lines of our own code. None has a shape that is known anyway.
NAME, NUMBER = "陈" + "雅琴", "886" + "55"
STREET = "人民" + "南路\n\n九" + "号院"
SECRETS = (NAME, NUMBER, "人民" + "南路", "九" + "号院")


def broken_row() -> None:
    Customer.objects.create(name=NAME, address=STREET, landline=NUMBER, number=None)  # type: ignore[misc]


def same_key() -> None:
    customer, finder = Customer.objects.create(name=NAME), Staff.objects.all()[0]
    for _twice in range(2):
        TrackingItem.objects.create(
            customer=customer, wrong_value=NUMBER + NAME, found_by=finder, found_at=timezone.now()
        )


def copied() -> None:
    with connection.cursor() as cursor, cursor.copy("COPY staff (id, name, active) FROM STDIN") as rows:
        rows.write(f"{NUMBER}\t{NAME}\tt\n".encode())


def asked(kind: str, value: str) -> Callable[[], None]:
    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT %s::text::{kind}", [value])

    return ask


BREAKS: dict[str, tuple[Callable[[], None], str]] = {
    "row": (broken_row, "null value in column"),
    "key": (same_key, "duplicate key value"),
    "copy": (copied, "invalid input syntax"),
    "uuid": (asked("uuid", NAME), "invalid input syntax for type uuid"),
    "date": (asked("date", "99-99-" + NUMBER), "out of range"),
    "number": (asked("int", NUMBER * 9), "out of range"),
    "json": (asked("jsonb", STREET), "invalid input syntax for type json"),
}


@pytest.fixture
def reports() -> Iterator[Callable[[], str]]:
    sentry.start("http://public@127.0.0.1/1", transport=Caught)

    def sent() -> str:
        sentry_sdk.flush()
        assert len(Caught.events) == 1
        return json.dumps(Caught.events, ensure_ascii=False)

    yield sent
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)
    sentry_sdk.init()


@pytest.mark.parametrize("kind", BREAKS)
def test_neither_a_log_line_nor_a_report_quotes_a_row(
    reports: Callable[[], str], capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    configure({"level": "INFO"})
    breaks, kept = BREAKS[kind]
    try:
        with transaction.atomic():
            breaks()
    except (DatabaseError, psycopg.Error) as error:  # COPY goes past Django
        raw = str(error)
        logging.getLogger("test").exception("import failed: %s", error)
    assert any(secret in raw for secret in SECRETS), "PostgreSQL quotes nothing here, so nothing is proved"
    line: Any = next(line for line in capsys.readouterr().err.splitlines() if line.startswith("{"))
    for text in (line, reports()):
        assert kept in text
        for secret in SECRETS:
            assert secret not in text


def test_the_rest_of_a_traceback_stays() -> None:
    text = (
        "Traceback (most recent call last):\n"
        'psycopg.errors.UniqueViolation: duplicate key value violates unique constraint "one_item"\n'
        f"DETAIL:  Key (wrong_value)=({STREET}) already exists.\n"
        "HINT:  Try another.\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        'Traceback (most recent call last):\n  File "actions.py", line 3, in register\n'
    )
    scrubbed = scrub_text(text)
    assert "号院" not in scrubbed
    for kept in ("one_item", "HINT:  Try another.", "The above exception", "line 3, in register"):
        assert kept in scrubbed


@pytest.mark.parametrize(
    "text",
    [
        f"Key (mobile)=({NUMBER}) already exists.",
        f"Key (lower(name::text))=({NAME}) is still referenced",
        f"Failing row contains ({NUMBER}, {NAME}).",
        f"UniqueViolation('duplicate key\\nDETAIL:  Key (name)=({NAME}) already exists.')",
        f'CONTEXT:  COPY staging, line 3, column mobile: "{NUMBER}"',
    ],
)
def test_a_quote_without_its_label_is_taken_out_too(text: str) -> None:
    assert not any(secret in scrub_text(text) for secret in SECRETS)


def test_ordinary_sentences_stay() -> None:
    for text in ("Key dates are missing", "COPY staging done", "3 rows, value 7 is out of range of the list"):
        assert scrub_text(text) == text

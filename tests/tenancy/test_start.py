"""A process refuses to serve through a pooler that mixes tenants, or with more connections than there is room for."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import database
import psycopg
import pytest
from django.core.checks import Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection

from sanfang.ops import ports
from sanfang.tenancy import start
from sanfang.tenancy.start import Budget, Look, mixing

DIRECT = [Look(11, 11, "m")] * 3, [Look(12, 12, "")] * 3


def behind(*answered: int, mark: str = "m") -> list[Look]:
    """A pooler announces numbers of its own."""
    return [Look(99, one, mark) for one in answered]


# --- the decision alone -----------------------------------------------------------------------
def test_nothing_between_us_and_the_server() -> None:
    assert mixing(*DIRECT, "m") == ""


def test_a_pooler_that_keeps_sessions_is_let_through() -> None:
    assert mixing(behind(1, 1, 1), behind(2, 2, 2, mark=""), "m") == ""


@pytest.mark.parametrize(
    ("ours", "others"),
    [
        (behind(1, 2, 1), behind(3, 3, 3, mark="")),
        (behind(1, 1, 1), behind(1, 1, 1, mark="")),
        (behind(1, 1, 1, mark=""), behind(2, 2, 2, mark="")),
        (behind(1, 1, 1), behind(2, 2, 2)),
    ],
    ids=["our session changes", "it is shared", "our setting is lost", "our setting is the other's"],
)
def test_each_sign_of_a_pooler_in_transaction_mode_is_enough(ours: list[Look], others: list[Look]) -> None:
    assert mixing(ours, others, "m")


def test_the_budget_names_its_numbers() -> None:
    budget = Budget.of({"WEB_CONCURRENCY": "4", "WEB_THREADS": "8", "WORKER_CONCURRENCY": "6"})
    assert budget.wanted == 50
    assert budget.excess(most=56, reserved=6, schemas=50, memory=0) == []
    [said] = budget.excess(most=55, reserved=6, schemas=50, memory=0)
    assert all(number in said for number in ("room for 49", "55", "50 are", "4 web", "8 threads", "6 worker"))
    # 50 × (10 + 50 × 2.5) MB
    assert budget.excess(most=56, reserved=6, schemas=50, memory=6750) == []
    [said] = budget.excess(most=56, reserved=6, schemas=50, memory=6749)
    assert "6750 MB" in said


def test_a_number_that_is_none_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match="WEB_THREADS"):
        Budget.of({"WEB_THREADS": "many"})


# --- for real ---------------------------------------------------------------------------------
def test_our_own_server_is_let_through(own_database: str) -> None:
    start.require()
    assert run_checks(tags=[Tags.database], databases=["default"]) == []


def test_too_many_connections_stop_the_start(own_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "1000")
    with pytest.raises(ImproperlyConfigured, match="8010 are"):
        start.require()
    [found] = run_checks(tags=[Tags.database], databases=["default"])
    assert found.id == "tenancy.E004"


def down() -> Any:
    raise psycopg.OperationalError


def test_a_database_that_was_down_is_looked_at_with_the_first_connection(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "1000")
    with monkeypatch.context() as at_the_start:
        at_the_start.setattr(start, "_connect", down)
        start.require()
        connection.close()
        with pytest.raises(OperationalError):
            connection.ensure_connection()
    with pytest.raises(ImproperlyConfigured, match="8010 are"):
        connection.ensure_connection()
    assert connection.connection is None
    monkeypatch.setenv("WEB_CONCURRENCY", "2")
    start.require()
    with mock.patch.object(start, "refusals") as looks:
        connection.ensure_connection()
    assert not looks.called, "once is enough"


@pytest.mark.parametrize(
    "part", [["-c", "import sanfang.wsgi"], ["-m", "celery", "-A", "sanfang.celery", "worker", "--pool", "solo"]]
)
def test_web_and_worker_look_before_they_serve(own_database: str, part: list[str]) -> None:
    environment = {**database.process_environment(own_database), "WEB_CONCURRENCY": "1000"}
    # A queue that nothing comes through, should the worker begin to work after all.
    command = [sys.executable, *part, *(["-Q", "test-nothing"] if "celery" in part else [])]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "8010 are wanted" in ended.stderr


Pooler = Callable[[str], Callable[[], "psycopg.Connection[Any]"]]


@pytest.fixture
def pooler(own_database: str) -> Iterator[Pooler]:
    """Starts PgBouncer in a mode; gives what connects through it."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer isn't installed: the refusal is tested with made-up looks only")
    begun: list[subprocess.Popen[bytes]] = []
    # As root it has to run as somebody else, who couldn't enter pytest's own folders.
    nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="sanfang-pooler-"))

    def run(mode: str) -> Callable[[], "psycopg.Connection[Any]"]:
        own, port = connection.settings_dict, ports.choose()
        config = folder / f"{mode}.ini"
        config.write_text(
            f"[databases]\nshop = host={own['HOST']} port={own['PORT']} dbname={own['NAME']} "
            f"user={own['USER']} password={own['PASSWORD']}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\ndefault_pool_size = 4\n"
            "ignore_startup_parameters = options,extra_float_digits\n"
        )
        config.chmod(0o600)
        user = []
        if nobody:
            user = ["-u", nobody.pw_name]
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            os.chown(config, nobody.pw_uid, nobody.pw_gid)
        begun.append(subprocess.Popen([program, "-q", *user, str(config)], cwd=folder))

        def connect() -> "psycopg.Connection[Any]":
            return psycopg.connect(
                host="127.0.0.1", port=port, dbname="shop", user="sanfang_app", autocommit=True, prepare_threshold=None
            )

        until = time.monotonic() + 10
        while True:
            try:
                connect().close()
            except psycopg.OperationalError:
                assert time.monotonic() < until
                time.sleep(0.05)
            else:
                return connect

    yield run
    for process in begun:
        process.kill()
        process.wait()
    shutil.rmtree(folder)


def test_pgbouncer_in_session_mode_is_let_through(pooler: Pooler) -> None:
    connect = pooler("session")
    with connect() as one:
        row = one.execute("SELECT pg_backend_pid()").fetchone()
        assert row
        assert row[0] != one.info.backend_pid, "nothing is between us: the test tests nothing"
    assert start.refusals(connect, {}) == []


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_pgbouncer_in_transaction_mode_is_refused(pooler: Pooler, mode: str) -> None:
    [said] = start.refusals(pooler(mode), {})
    assert "pool_mode = session" in said

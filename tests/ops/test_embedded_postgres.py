"""The launcher of the embedded PostgreSQL: what it promises after every kind of accident."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from ops_support import kill

from sanfang.ops import ports, postgres
from sanfang.ops.errors import StackError
from sanfang.ops.places import Place, Profile
from sanfang.ops.processes import Account, look_up, wait

START = """
import sys
from pathlib import Path
from sanfang.ops import postgres
from sanfang.ops.places import Place
print(postgres.ensure(Place(sys.argv[1], Path(sys.argv[2]))).process.pid)
"""


def starter(place: Place) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", START, place.profile, str(place.var)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def do(place: Place, statement: str) -> None:
    with psycopg.connect(postgres.ensure(place).admin_url, autocommit=True) as connection:
        connection.execute(statement.encode())


def ask(place: Place, query: str) -> object:
    with psycopg.connect(postgres.ensure(place).admin_url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def test_it_is_reached_over_the_loopback_with_a_password_only(dev_place: Place) -> None:
    server = postgres.ensure(dev_place)
    assert ask(
        dev_place, "SELECT current_setting('listen_addresses') || current_setting('unix_socket_directories')"
    ) == ("127.0.0.1")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.admin_url.replace(server.password, "guess"))
    password_file = postgres.home_of(dev_place).folder / "password"
    assert password_file.stat().st_mode & 0o077 == 0
    assert server.password not in " ".join(server.process.command)


def test_it_never_runs_as_root(dev_place: Place) -> None:
    assert os.stat(f"/proc/{postgres.ensure(dev_place).process.pid}").st_uid != 0


def test_it_is_set_up_for_many_schemas_and_chinese_text(dev_place: Place) -> None:
    assert ask(dev_place, "SHOW max_locks_per_transaction") == "512"
    assert ask(dev_place, "SHOW timezone") == "UTC"
    assert ask(dev_place, "SHOW jit") == "off"
    do(dev_place, "CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public")
    assert ask(dev_place, "SELECT show_trgm('首访')") != []


def test_only_the_tests_server_may_lose_data(dev_place: Place, throwaway_place: Place) -> None:
    assert [ask(place, "SHOW fsync") for place in (dev_place, throwaway_place)] == ["on", "off"]
    assert postgres.ensure(dev_place).port != postgres.ensure(throwaway_place).port
    assert postgres.stop(throwaway_place)
    assert look_up(postgres.ensure(dev_place).process.pid), "stopping one profile left the other alone"


def test_many_at_once_start_one_server(throwaway_place: Place) -> None:
    postgres.stop(throwaway_place)
    starters = [starter(throwaway_place) for _ in range(4)]
    assert len({process.communicate()[0] for process in starters}) == 1
    assert all(process.returncode == 0 for process in starters)


def test_a_second_call_finds_the_first_ones_server(dev_place: Place) -> None:
    first = postgres.ensure(dev_place)
    assert postgres.ensure(dev_place) == first == postgres.find(dev_place)


@pytest.mark.kill
def test_what_was_committed_survives_a_kill_amid_work(dev_place: Place) -> None:
    before = postgres.ensure(dev_place)
    do(dev_place, "CREATE TABLE kept AS SELECT 42 AS answer")
    busy = psycopg.connect(before.admin_url)
    # Its process outlives the server it belongs to (it never looks up), and holds the server's memory.
    busy.pgconn.send_query(b"INSERT INTO kept VALUES (7); DO $$ BEGIN LOOP END LOOP; END $$")
    kill(before.process)
    after = postgres.ensure(dev_place)
    assert after.process != before.process
    assert ask(dev_place, "SELECT array_agg(answer) FROM kept") == [42]
    busy.close()


@pytest.mark.kill
@pytest.mark.parametrize("program", ["sleep", "true"], ids=["a stranger's now", "a corpse nobody collects"])
def test_a_stale_number_is_in_nobodys_way(dev_place: Place, program: str) -> None:
    home = postgres.home_of(dev_place)
    kill(postgres.ensure(dev_place).process)
    # Of the server's own user: others' processes PostgreSQL leaves out by itself.
    account = home.account or Account(os.getuid(), os.getgid())
    with subprocess.Popen([program, "60"], user=account.user, group=account.group, cwd="/") as other:
        if program == "true":
            assert wait(lambda: look_up(other.pid) is None, 5)
        lines = (home.data / "postmaster.pid").read_text().splitlines()
        (home.data / "postmaster.pid").write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        assert postgres.find(dev_place) is None
        assert ask(dev_place, "SELECT 1") == 1
        assert Path("/proc", str(other.pid)).exists()
        other.kill()


@pytest.mark.kill
def test_an_interrupted_making_leaves_nothing_that_looks_whole(new_place: Callable[[Profile], Place]) -> None:
    place = new_place("dev")
    process = starter(place)
    assert wait((postgres.home_of(place).draft / "base").exists, 10)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not postgres.home_of(place).data.exists()
    assert ask(place, "SELECT 1") == 1


def test_a_port_that_was_taken_meanwhile_is_left_to_its_taker(dev_place: Place) -> None:
    port = postgres.ensure(dev_place).port
    postgres.stop(dev_place)
    with socket.create_server((ports.HOST, port)):
        assert postgres.ensure(dev_place).port != port
        assert ask(dev_place, "SELECT 1") == 1


def test_data_of_another_version_is_not_touched(dev_place: Place) -> None:
    postgres.ensure(dev_place)
    postgres.stop(dev_place)
    version = postgres.home_of(dev_place).data / "PG_VERSION"
    ours = version.read_text()
    version.write_text("15\n")
    with pytest.raises(StackError, match=r"PostgreSQL 15.*Put that folder"):
        postgres.ensure(dev_place)
    version.write_text(ours)
    assert ask(dev_place, "SELECT 1") == 1


def test_the_tests_server_begins_anew_when_its_data_is_spoilt(throwaway_place: Place) -> None:
    postgres.ensure(throwaway_place)
    postgres.stop(throwaway_place)
    (postgres.home_of(throwaway_place).data / "global" / "pg_control").write_bytes(b"")
    assert ask(throwaway_place, "SELECT 1") == 1

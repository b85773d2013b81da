"""`make run` and its siblings, from outside; addresses of servers that others run."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from sanfang.ops import parts, ports, postgres, presence, stack
from sanfang.ops.errors import StackError
from sanfang.ops.following import in_short
from sanfang.ops.places import ROOT, Place
from sanfang.ops.processes import wait
from sanfang.ops.terminal import Followed

VARIABLES = ("DATABASE_URL", "DATABASE_PROVISIONER_URL", "DATABASE_RELAY_URL", "BROKER_URL", "CACHE_URL", "PORT")

KILLED_RUN = """
import sys, time
from pathlib import Path
from sanfang.ops import parts, presence
from sanfang.ops.places import Place
place = Place("dev", Path(sys.argv[1]))
place.prepare()
assert presence.take(place, 8000)
presence.own(place, {"valkey"})
parts.Part(place, "web", ["http.server", "--bind", "127.0.0.1", sys.argv[2]], {}, print).start()
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def no_servers_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def sanfang(command: str, var: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "SANFANG_VAR": str(var), **variables}
    words = [sys.executable, "-m", "sanfang", command]
    return subprocess.run(words, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_a_taken_port_is_named_with_its_holder_and_the_way_out(tmp_path: Path) -> None:
    with socket.create_server((ports.HOST, 0)) as server:
        port = server.getsockname()[1]
        result = sanfang("run", tmp_path, PORT=str(port))
    assert result.returncode == 1
    assert f"Port {port} is taken by process {os.getpid()} (" in result.stdout
    assert f"PORT={port + 1} make run" in result.stdout
    assert not (tmp_path / "dev" / "postgres").exists(), "it said so before starting anything"


@pytest.mark.parametrize("port", ["0", "65536", "eight", "-1"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    result = sanfang("run", tmp_path, PORT=port)
    assert result.returncode == 1
    assert result.stderr == f"\nPORT must be a number from 1 to 65535, not '{port}'.\n"


def test_services_stay_until_stop_and_manage_finds_them(dev_place: Place) -> None:
    assert sanfang("services", dev_place.var).returncode == 0
    code = "from sanfang.ops import stack; print(*map(stack.addresses().get, ['DATABASE_URL', 'PORT']))"
    env = {**os.environ, "SANFANG_VAR": str(dev_place.var)}
    ask = [sys.executable, "-c", code]
    held = presence.take(dev_place, 8123)
    assert held
    address, run_port = subprocess.run(ask, env=env, capture_output=True, text=True).stdout.split()
    os.close(held)
    assert run_port == "8123", "links lead to the stack that runs"
    with psycopg.connect(address) as connection:
        assert connection.info.user == "sanfang_app"
        port = connection.info.port
    assert f"port {port}" in sanfang("status", dev_place.var).stdout
    assert "dev: ended valkey, postgres" in sanfang("stop", dev_place.var).stdout
    assert subprocess.run(ask, env=env, capture_output=True, text=True).stdout == "None None\n"


@pytest.mark.kill
def test_what_a_killed_run_left_is_taken_over(tmp_path: Path) -> None:
    place, port = Place("dev", tmp_path), ports.choose()
    first = subprocess.Popen([sys.executable, "-c", KILLED_RUN, str(tmp_path), str(port)])
    assert wait(lambda: not ports.is_free(port), 10)
    assert presence.take(place, 8000) is None
    assert presence.is_running(place)
    first.kill()
    first.wait()
    assert presence.running(place) is None, "a file says it runs, but nobody holds the lock"
    held = presence.take(place, 8001)
    assert held
    assert presence.owned(place) == {"valkey"}
    assert not ports.is_free(port), "its web server is an orphan"
    assert parts.end_part(place, "web")
    assert ports.is_free(port)
    os.close(held)


def test_a_second_run_shows_the_first_one_and_leaves_it_alone(tmp_path: Path) -> None:
    place = Place("dev", tmp_path)
    place.prepare()
    held = presence.take(place, 8000)
    assert held
    place.log("stack").write_text("Ready after 9.9 s.\n")
    env = {**os.environ, "SANFANG_VAR": str(tmp_path), "PORT": "8001"}
    second = subprocess.Popen(
        [sys.executable, "-m", "sanfang", "run"], env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert second.stdout
    said = [second.stdout.readline() for _ in range(5)]
    assert said[0].startswith(f"Already running (process {os.getpid()}, since ")
    assert "It runs on port 8000" in said[2]
    assert said[4] == "Ready after 9.9 s.\n"
    second.send_signal(signal.SIGINT)
    assert second.wait(10) == 0
    assert presence.is_running(place)
    os.close(held)


def test_an_administrators_address_makes_database_and_logins(dev_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    server = postgres.ensure(dev_place)
    monkeypatch.setenv("DATABASE_URL", server.admin_url.removesuffix("postgres") + "store")
    found = stack.ensure_logins(dev_place, stack.ensure_database(dev_place), "redis://queue/0", "redis://queue/1")
    logins = [urlsplit(url or "") for url in (found.database_url, found.provisioner_url, found.relay_url)]
    assert [login.username for login in logins] == ["sanfang_app", "sanfang_provisioner", "sanfang_relay"]
    assert {login.path for login in logins} == {"/store"}
    for login in logins:
        psycopg.connect(login.geturl()).close()


def test_a_plain_login_needs_the_provisioners_too(dev_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    admin_url = postgres.ensure(dev_place).admin_url
    plain = stack.ensure_logins(dev_place, admin_url, "redis://queue/0", "redis://queue/1")
    monkeypatch.setenv("DATABASE_URL", plain.database_url)
    assert stack.ensure_database(dev_place) is None
    with pytest.raises(StackError, match=r"sanfang_app in DATABASE_URL may not .*DATABASE_PROVISIONER_URL="):
        stack.ensure_logins(dev_place, None, "redis://queue/0", "redis://queue/1")
    monkeypatch.setenv("DATABASE_PROVISIONER_URL", plain.provisioner_url)
    found = stack.ensure_logins(dev_place, None, "redis://queue/0", "redis://queue/1")
    assert (found.admin_url, found.database_url, found.provisioner_url) == (
        None,
        plain.database_url,
        plain.provisioner_url,
    )


def test_a_server_that_is_not_there_is_said_to_be(dev_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://a:b@127.0.0.1:{ports.choose()}/c")
    with pytest.raises(StackError, match=r"DATABASE_URL cannot be used: .*refused"):
        stack.ensure_database(dev_place)


def test_a_queue_that_cannot_be_a_cache_needs_one(dev_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_URL", "redis://elsewhere:6379/3")
    assert stack.ensure_queue(dev_place) == ("redis://elsewhere:6379/3", "redis://elsewhere:6379/1")
    monkeypatch.setenv("BROKER_URL", "amqp://elsewhere//")
    with pytest.raises(StackError, match="CACHE_URL=redis://"):
        stack.ensure_queue(dev_place)
    monkeypatch.setenv("CACHE_URL", "redis://cache/0")
    assert stack.ensure_queue(dev_place) == ("amqp://elsewhere//", "redis://cache/0")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            '{"event": "request", "level": "info", "method": "GET", "path": "/", "status": 200, "milliseconds": 7}',
            "GET / 200 7 ms",
        ),
        ('{"event": "Task received", "level": "info"}', None),
        ('{"event": "lost", "level": "warning"}', '{"event": "lost", "level": "warning"}'),
        ("Traceback (most recent call last):", "Traceback (most recent call last):"),
        ("[1, 2]", "[1, 2]"),
        ('{"event": "request"}', '{"event": "request"}'),
        ("", None),
    ],
)
def test_the_terminal_shows_requests_and_trouble(line: str, shown: str | None) -> None:
    assert in_short(line) == shown


def test_a_followed_log_shows_whole_lines_across_a_new_beginning(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("before\n")
    followed = Followed(log)
    with log.open("a") as file:
        file.write("one\ntw")
    assert followed.lines() == ["one"]
    with log.open("a") as file:
        file.write("o\n")
    assert followed.lines() == ["two"]
    log.rename(tmp_path / "web.log.1")
    assert followed.lines() == []
    log.write_text("new\n")
    assert followed.lines() == ["new"]

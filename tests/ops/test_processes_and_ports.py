"""Ending what is ours, all of it, and nothing else; naming who holds a port."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ops_support import kill

from sanfang.ops import parts, ports, processes
from sanfang.ops.places import Place
from sanfang.ops.processes import Process, look_up, wait

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
FAMILY = "import os, time; os.fork(); time.sleep(60)"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place("dev", tmp_path)
    place.prepare()
    yield place
    for name in parts.PARTS:
        parts.end_part(place, name, grace=0)


def marked(place: Place, name: str, count: int) -> list[Process]:
    assert wait(lambda: len(processes.marked(name, place.folder)) == count, 5)
    return processes.marked(name, place.folder)


def begin(place: Place, name: str, code: str) -> Process:
    mark = {**os.environ, processes.MARK: f"{name}@{place.folder}"}
    process = processes.spawn([sys.executable, "-c", code], log=place.open_log(name), env=mark, cwd=place.folder)
    found = look_up(process.pid)
    assert found
    return found


def test_a_part_is_found_with_its_children_also_after_its_leader_was_killed(place: Place) -> None:
    leader = begin(place, "web", FAMILY)
    begin(place, "worker", FAMILY)
    marked(place, "worker", 2)
    family = marked(place, "web", 2)
    leader.send(signal.SIGKILL)
    (orphan,) = marked(place, "web", 1)
    assert orphan in family
    assert parts.end_part(place, "web")
    assert not orphan.alive
    marked(place, "worker", 2)


def test_who_does_not_hear_is_killed_after_the_grace(place: Place) -> None:
    process = begin(place, "beat", DEAF)
    assert wait(lambda: "up" in place.log("beat").read_text(), 5)
    processes.end([process], grace=0.1)
    assert not process.alive


def test_a_number_given_out_again_is_another_process() -> None:
    me = look_up(os.getpid())
    assert me
    assert me.alive
    former = Process(me.pid, me.since - 1)
    assert not former.alive
    former.send(signal.SIGKILL)  # we are still here


def test_an_ended_process_that_nobody_collected_is_not_alive() -> None:
    with subprocess.Popen(["true"]) as ended:
        assert wait(lambda: look_up(ended.pid) is None, 5)
        assert Path(f"/proc/{ended.pid}").exists()


def test_the_holder_of_a_port_is_named() -> None:
    with socket.create_server((ports.HOST, 0)) as server:
        port = server.getsockname()[1]
        assert not ports.is_free(port)
        assert ports.holder(port).startswith(f"process {os.getpid()} (")
        assert ports.choose(preferred=port) != port
    assert ports.is_free(port)


def test_a_server_on_all_addresses_holds_the_port_too() -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        port = server.getsockname()[1]
        assert not ports.is_free(port)
        assert f"process {os.getpid()} (" in ports.holder(port)


@pytest.mark.kill
def test_a_part_that_dies_is_started_again_with_growing_pauses(place: Place) -> None:
    said: list[str] = []
    part = parts.Part(place, "web", ["http.server", "--bind", ports.HOST, str(ports.choose())], {}, said.append)
    part.start()
    for pause in (1, 2):
        (process,) = marked(place, "web", 1)
        kill(process)
        part.watch()
        assert said[-1].startswith(f"web was killed by signal 9; starting it again in {pause} s")
        part.watch()
        assert marked(place, "web", 0) == [], "not before its time"
        part.again = 0
        part.watch()
        assert marked(place, "web", 1)[0].alive


def test_logs_that_grew_are_put_aside(place: Place) -> None:
    place.log("web").write_bytes(b"x" * 5_000_001)
    os.close(place.open_log("web"))
    assert place.log("web").stat().st_size == 0
    assert place.log("web").with_suffix(".log.1").stat().st_size == 5_000_001


def test_a_secret_is_made_once_and_for_its_owner_only(place: Place) -> None:
    assert len(place.secret("django")) > 50
    assert place.secret("django") == place.secret("django") != place.secret("valkey")
    assert (place.secrets / "django").stat().st_mode & 0o077 == 0
    assert place.secrets.stat().st_mode & 0o077 == 0

"""`make kills`: a real stack whose parts, servers and supervisor are killed again and again, at any moment.

    python tests/ops/many_kills.py [ROUNDS] [SEED]

After each kill (a new `make run` if it hit the supervisor) the stack has to be ready again with exactly the processes
it should have, and with everything that was written before.
"""

import http.client
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import redis

from sanfang.ops import parts, ports, postgres, presence, processes, valkey
from sanfang.ops.places import ROOT, VAR, Place
from sanfang.ops.processes import Process, wait

SERVERS = {"postgres": postgres, "valkey": valkey}
PROCESSES = {"web": 1 + parts.WORKER_PROCESSES, "worker": 1 + parts.WORKER_PROCESSES, "beat": 1}
READY_SECONDS = 180


class Stack:
    def __init__(self, var: Path) -> None:
        self.place = Place("dev", var)
        for kind in SERVERS.values():
            kind.stop(self.place)
        shutil.rmtree(postgres.home_of(self.place).folder, ignore_errors=True)
        shutil.rmtree(var, ignore_errors=True)
        var.mkdir(parents=True)
        self.place.prepare()
        self.port = ports.choose()
        self.log = (var / "run.log").open("ab")
        self.run = self.start()

    def start(self) -> "subprocess.Popen[bytes]":
        env = {**os.environ, "SANFANG_VAR": str(self.place.var), "PORT": str(self.port)}
        return subprocess.Popen(
            [sys.executable, "-m", "sanfang", "run"], env=env, cwd=ROOT, stdout=self.log, stderr=self.log
        )

    def start_again(self) -> None:
        self.run.wait()
        self.run = self.start()

    def is_ready(self) -> bool:
        if presence.running(self.place) is None:
            return False
        connection = http.client.HTTPConnection(ports.HOST, self.port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def is_whole(self) -> bool:
        counts = {name: len(processes.marked(name, self.place.folder)) for name in PROCESSES}
        return counts == PROCESSES and self.is_ready()

    def victims(self, name: str) -> list[Process]:
        if name == "supervisor":
            found = processes.look_up(self.run.pid)
            return [found] if found else []
        if name in SERVERS:
            server = SERVERS[name].find(self.place)
            return [server.process] if server else []
        return processes.marked(name, self.place.folder)

    def write(self, number: int) -> None:
        server, queue = postgres.find(self.place), valkey.find(self.place)
        assert server
        assert queue
        with psycopg.connect(server.admin_url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS written (number int)")
            connection.execute("INSERT INTO written VALUES (%s)", [number])
        redis.Redis.from_url(queue.url(0)).rpush("written", number)

    def written(self) -> tuple[list[int], list[int]]:
        server, queue = postgres.find(self.place), valkey.find(self.place)
        assert server
        assert queue
        with psycopg.connect(server.admin_url) as connection:
            rows = [row[0] for row in connection.execute("SELECT number FROM written ORDER BY number")]
        return rows, [int(number) for number in redis.Redis.from_url(queue.url(0)).lrange("written", 0, -1)]


def kill_one(stack: Stack, chance: random.Random) -> str:
    """Kills one process of the stack; starts a new run if it was the supervisor. Returns what it belonged to."""
    name = chance.choice(["supervisor", *PROCESSES, *SERVERS])
    victim = chance.choice(stack.victims(name))
    victim.send(signal.SIGKILL)
    if name == "supervisor":
        stack.start_again()
        if chance.random() < 0.5:  # the next one doesn't get far either
            time.sleep(chance.random() * 8)
            stack.run.kill()
            stack.start_again()
    assert wait(lambda: not victim.alive, 10)
    return name


def main(rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    stack = Stack(VAR / "test" / "kills")
    say(f"seed {seed}; logs in {stack.place.folder / 'log'}")
    try:
        assert wait(stack.is_whole, READY_SECONDS, every=0.2), "it did not start"
        for number in range(rounds):
            stack.write(number)
            began = time.monotonic()
            name = kill_one(stack, chance)
            assert wait(stack.is_whole, READY_SECONDS, every=0.2), f"not whole again after {name} was killed"
            written = list(range(number + 1))
            assert stack.written() == (written, written), f"something was lost with {name}"
            say(f"{number + 1:>4} {name:<10} whole again after {time.monotonic() - began:5.1f} s")
    finally:
        stack.run.send_signal(signal.SIGINT)
        stack.run.wait(120)
        left = [process for name in (*PROCESSES, *SERVERS) for process in stack.victims(name)]
    assert not left, f"left behind: {left}"
    say(f"{rounds} kills, nothing lost, nothing left behind")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    main(numbers[0] if numbers else 20, numbers[1] if len(numbers) > 1 else random.SystemRandom().randrange(10**6))

"""``make soak`` (MINUTES=30, STORES=30): many stores at once on a real stack, and nobody sees another's.

A whole ``make run`` of its own is given some stores whose every word carries the store's mark. People of all of them
import files, look, call and come back, while worker and scheduler do what they do. Every answer is searched for the
marks of others; every server error counts; memory is sampled. At the end each store's tables hold its own mark only.
"""

import argparse
import csv
import io
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform"), str(ROOT / "tests")]
os.environ["DJANGO_SETTINGS_MODULE"] = "sanfang.settings.development"
# Read when the modules below are loaded.
VAR = Path(tempfile.mkdtemp(prefix="sanfang-soak-"))
VAR.chmod(0o755)  # the database runs as another user when we are root
os.environ["SANFANG_VAR"] = str(VAR)

import urllib3
from dms_cases import GOOD_ORDER, chinese_vin
from ops.many_kills import READY_SECONDS, SERVERS, Stack

from sanfang.ops import processes
from sanfang.ops.stack import addresses

DIGITS = "甲乙丙丁戊己庚辛壬癸"
MARK = re.compile(f"客([{DIGITS}]{{3}})")
GIVEN = "安平顺昌宁康泰和"
PEOPLE_PER_STORE = 2
THREADS = 6
CSRF = "__Host-sanfang-csrf"
SAMPLE_EVERY = 15.0
PARTS = ("web", "worker", "beat", "postgres", "valkey")
EXPECTED = {200, 204, 302, 409}
"""409: a colleague has that customer just now. Everything else is a fault, a refusal too."""
LEAST = {"imports done": 1, "calls ended": 10}
"""So many a minute, or nothing was tried."""
GROWTH = 1.1
"""The last quarter's memory may be so many times that of the third: before that, caches get warm."""


@dataclass
class Person:
    slug: str
    mark: str
    cookie: str


@dataclass
class Score:
    """What happened. Shared by the threads; counters of one word each are added to under the lock."""

    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    memory: list[dict[str, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        with self.lock:
            self.done[what] += 1

    def fault(self, what: str) -> None:
        with self.lock:
            self.faults.append(what)


class Form(HTMLParser):
    """What a browser would send of the forms on a page, with the last choice of every question taken."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") not in {"checkbox", "file", "submit"}:
            self.fields[name] = given.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.fields):
            self.fields[self._select] = given.get("value", "")


class Visitor:
    """One person's browser, on one connection pool."""

    def __init__(self, person: Person, port: int, score: Score, pool: urllib3.PoolManager) -> None:
        self.person, self.port, self.score, self.pool = person, port, score, pool
        self.token = ""

    def ask(self, method: str, path: str, **body: Any) -> tuple[int, str, str]:
        """Status, text and where it leads."""
        cookies = [self.person.cookie, f"{CSRF}={self.token}" if self.token else ""]
        headers = {"Host": f"{self.person.slug}.localhost:{self.port}", "Cookie": "; ".join(filter(None, cookies))}
        if method == "POST":
            headers["X-CSRFToken"] = self.token
            headers["Origin"] = f"http://{headers['Host']}"
        answer = self.pool.request(
            method, f"http://127.0.0.1:{self.port}{path}", headers=headers, redirect=False, timeout=60, **body
        )
        found = re.search(rf"{CSRF}=([^;]+)", answer.headers.get("Set-Cookie", ""))
        self.token = found[1] if found else self.token
        text = answer.data.decode("utf-8", "replace")
        self._judge(method, path, answer.status, text)
        return answer.status, text, answer.headers.get("Location", "")

    def _judge(self, method: str, path: str, status: int, text: str) -> None:
        self.score.count(f"{method} {re.sub('[0-9a-f-]{36}', '…', path)} {status}")
        foreign = set(MARK.findall(text)) - {self.person.mark}
        if foreign:
            self.score.fault(f"LEAK {self.person.slug} saw {foreign} at {path}")
        if status not in EXPECTED:
            self.score.fault(f"{status} {self.person.slug} {method} {path}")

    # --- what people do -------------------------------------------------------------------
    def look(self, draw: random.Random) -> None:
        self.ask(
            "GET", draw.choice(["/workbench/", "/imports/", "/complaints/", "/tracking/", "/messages/", "/staff/"])
        )

    def call(self, draw: random.Random) -> None:
        _status, text, _where = self.ask("GET", "/workbench/")
        keys = sorted(set(re.findall(r"/workbench/([0-9a-f-]{36})/", text)))
        if not keys:
            return
        key = draw.choice(keys)
        _status, text, _where = self.ask("GET", f"/workbench/{key}/")
        self.ask("POST", f"/workbench/{key}/hold/", fields={})
        self.ask("POST", f"/workbench/{key}/reveal/", fields={})
        fields = Form(text).fields | {
            "outcome": draw.choice(["completed", "no_answer", "refused"]),
            "note": f"客{self.person.mark}说好",
            "reason-refused": "busy",
        }
        status, _text, _where = self.ask("POST", f"/workbench/{key}/outcome/", fields=fields)
        if status in (200, 302):
            self.score.count("calls ended")

    def bring(self, draw: random.Random) -> None:
        """A file of repair orders, from the upload to its result."""
        self.ask("GET", "/imports/new/")
        file = ("维修工单.csv", orders(self.person.mark, draw), "text/csv")
        status, _text, where = self.ask("POST", "/imports/new/", fields={"kind": "repair_orders", "file": file})
        if status != 302:
            self.score.fault(f"upload refused: {status} {self.person.slug}")
            return
        key = re.findall(r"[0-9a-f-]{36}", where)[0]
        _status, text, _where = self.ask("GET", f"/imports/{key}/mapping/")
        columns = {name: value for name, value in Form(text).fields.items() if name.startswith("column-")}
        self.ask("POST", f"/imports/{key}/mapping/", fields=columns)
        for wanted, act in (("preview", "apply"), ("result", "")):
            if not self._wait(key, wanted):
                self.score.fault(f"import never came to its {wanted}: {self.person.slug} {key}")
                return
            if act:
                self.ask("POST", f"/imports/{key}/{act}/", fields={})
        self.score.count("imports done")

    def _wait(self, key: str, wanted: str) -> bool:
        until = time.monotonic() + 300
        while time.monotonic() < until:
            status, _text, where = self.ask("GET", f"/imports/{key}/progress/")
            if status == 302 and wanted in where:
                return True
            if status == 302 and "progress" not in where and "preview" not in where:
                return False
            time.sleep(0.5)
        return False


def orders(mark: str, draw: random.Random, rows: int = 120) -> bytes:
    """A GBK file as a DMS writes it; every owner carries the store's mark."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(GOOD_ORDER))
    writer.writeheader()
    for _row in range(rows):
        number = draw.randrange(4000)
        day = now - timedelta(days=draw.randrange(2, 9))
        own = random.Random(f"{mark}{number}")
        writer.writerow(
            {
                **GOOD_ORDER,
                "工单号": f"RO{number:06d}-{day:%m%d}",
                "VIN": chinese_vin(own),
                "手机": f"139{own.randrange(10**8):08d}",
                "车主": f"客{mark}{own.choice(GIVEN)}",
                "工单开单日期": f"{day:%Y-%m-%d} 09:20",
                "交车日期": f"{day:%Y-%m-%d} 11:20",
            }
        )
    return out.getvalue().encode("gb18030")


def furnish(stores: int, stack: Stack) -> list[Person]:
    """The stores and their people, straight into the running stack's database."""
    import django

    os.environ.update(addresses(stack.place))
    django.setup()
    from bench.people import session_of
    from django.conf import settings

    from crm.store.actions import open_store
    from sanfang.tenancy.context import inside
    from tenants.actions import add_member
    from tenants.models import User
    from tenants.provisioning import claim, refill

    people = []
    for number in range(stores):
        mark = "".join(DIGITS[int(digit)] for digit in f"{number:03d}")
        slug = f"soak-{number:03d}"
        tenant = claim(
            kind="dealer", slug=slug, name=f"客{mark}汽车销售服务有限公司", short_name=f"客{mark}店",
            time_zone=in_the_morning(),
        )  # fmt: skip
        with inside(tenant):
            # Else nothing that is imported is old enough to be asked for.
            open_store(go_live=datetime.now(UTC).date() - timedelta(days=60))
        for position in range(PEOPLE_PER_STORE):
            user = User.objects.create(name=f"客{mark}{GIVEN[position]}", email=f"{slug}-{position}@example.com")
            add_member(tenant, user, "crc_manager")
            cookie = f"{settings.SESSION_COOKIE_NAME}={session_of(tenant, user)}"
            people.append(Person(slug, mark, cookie))
    refill("dealer")
    return people


def in_the_morning() -> str:
    """A time zone in which it is about ten: nobody may be called at night."""
    ahead = (10 - datetime.now(UTC).hour + 12) % 24 - 12
    # The names of these zones count westwards.
    return f"Etc/GMT{-ahead:+d}"


def work(people: list[Person], port: int, score: Score, until: float, seed: int) -> None:
    draw, pool = random.Random(seed), urllib3.PoolManager(maxsize=2)
    while time.monotonic() < until:
        visitor = Visitor(draw.choice(people), port, score, pool)
        act = draw.choices([visitor.look, visitor.call, visitor.bring], weights=[10, 12, 1])[0]
        try:
            act(draw)
        except Exception as error:
            score.fault(f"{type(error).__name__}: {error}")


def sample(stack: Stack) -> dict[str, float]:
    """Megabytes that each part has for itself, all its processes together."""
    found = {}
    for part in PARTS:
        if part in SERVERS:
            pids = [child for one in stack.victims(part) for child in (one.pid, *_children(one.pid))]
        else:
            pids = [one.pid for one in processes.marked(part, stack.place.folder)]
        found[part] = sum(_own(pid) for pid in pids)
    return found


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _own(pid: int) -> float:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return 0.0
    return (int(pages[1]) - int(pages[2])) * os.sysconf("SC_PAGE_SIZE") / 1e6


def tables_hold_their_own(score: Score) -> int:
    """Rows read. Every text of every table of every store is searched for others' marks."""
    from care_support import everything

    from sanfang.tenancy.context import door, inside
    from tenants.models import Tenant

    rows = 0
    with door():
        tenants = list(Tenant.objects.filter(slug__startswith="soak-"))
    for tenant in tenants:
        own = tenant.short_name[1:4]
        with inside(tenant):
            for table, found in everything().items():
                rows += len(found)
                foreign = set(MARK.findall("\n".join(map(str, found)))) - {own}
                if foreign:
                    score.fault(f"LEAK {tenant.slug}.{table} holds {foreign}")
    return rows


def flat(score: Score) -> list[str]:
    """Parts whose memory went on growing."""
    quarter = len(score.memory) // 4
    if quarter < 2:
        return ["too short a time to tell"]
    grown = []
    for part in PARTS:
        early = [one[part] for one in score.memory[2 * quarter : 3 * quarter]]
        late = [one[part] for one in score.memory[-quarter:]]
        if sum(late) / len(late) > GROWTH * max(sum(early) / len(early), 1):
            grown.append(f"{part}: {sum(early) / len(early):.0f} → {sum(late) / len(late):.0f} MB")
    return grown


def errors_in_logs(stack: Stack) -> list[str]:
    found = []
    for part in ("web", "worker", "beat"):
        for line in stack.place.log(part).read_text(errors="replace").splitlines():
            if '"level": "error"' in line or "Traceback" in line:
                found.append(f"{part}: {line[:300]}")
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=30)
    options.add_argument("--stores", type=int, default=30)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    print(f"a stack of its own in {VAR}", flush=True)
    stack, score = Stack(VAR), Score()
    try:
        assert processes.wait(stack.is_ready, 3 * READY_SECONDS, every=0.5), f"it did not start: {VAR}/run.log"
        people = furnish(asked.stores, stack)
        print(f"{asked.stores} stores, {len(people)} people, {asked.minutes:.0f} minutes", flush=True)
        until = time.monotonic() + asked.minutes * 60
        threads = [
            threading.Thread(target=work, args=(people, stack.port, score, until, asked.seed + number))
            for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        while time.monotonic() < until:
            score.memory.append(sample(stack))
            print(f"{sum(score.done.values())} answers, {len(score.faults)} faults, {_megabytes(score)}", flush=True)
            time.sleep(min(SAMPLE_EVERY, max(until - time.monotonic(), 0.1)))
        for thread in threads:
            thread.join()
        rows = tables_hold_their_own(score)
        score.faults += errors_in_logs(stack) + [f"memory grows: {one}" for one in flat(score)]
        for what, each in LEAST.items():
            if score.done[what] < each * asked.minutes:
                score.fault(f"only {score.done[what]} {what}")
        code = _tell(score, rows)
    finally:
        stack.run.send_signal(signal.SIGTERM)
        stack.run.wait(120)
    if code == 0:
        # After a fault the logs stay, for whoever looks for its cause.
        shutil.rmtree(VAR, ignore_errors=True)
    return code


def _megabytes(score: Score) -> str:
    return " ".join(f"{part} {size:.0f} MB" for part, size in score.memory[-1].items())


def _tell(score: Score, rows: int) -> int:
    for what, times in score.done.most_common(60):
        print(f"{times:8}  {what}")
    print(f"{rows} rows of the stores' tables read for foreign marks; {_megabytes(score)}")
    for fault in score.faults[:40]:
        print(fault)
    print(f"{sum(score.done.values())} answers, {len(score.faults)} faults")
    return 1 if score.faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""What an import costs: ``python tests/bench/imports.py --orders=50000 --rows=1000000``.

The file is a DMS export of repair orders with all of its columns. End to end is: the upload stored and recognised,
read, staged, compared, written, and the planner told. The reference, in the same run: a plain COPY of all rows it made
into the same tables of another store, with the same triggers, indexes and constraints, in one transaction; the
history is written by the triggers there too. Processor seconds are this process's and its PostgreSQL backend's.
"""

import argparse
import csv
import io
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform"), str(ROOT / "tests")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sanfang.settings.test")

import django

django.setup()

import database
from bench.figures import Figure, table
from django.core.files import File
from django.db import connection, transaction
from django.utils import timezone
from dms_cases import ORDER_HEADERS, with_check_digit

from crm.dms import actions, running
from crm.dms.models import ImportRun
from sanfang.tenancy.context import inside
from tenants.models import Tenant

GOAL_RATE, GOAL_SHARE, GOAL_MB = 5_000, 0.25, 300
WRITTEN = (
    "staff", "customers_customer", "vehicles_vehicle", "vehicles_ownership", "vehicles_repairorder",
    "followups_planstate",
)  # fmt: skip
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英"


def orders(many: int) -> Iterator[list[str]]:
    """Rows of an export: a car has some three orders, an owner a car and a bit."""
    draw = random.Random(4)
    start = datetime.fromisoformat("2024-01-02 08:30")
    cars = [with_check_digit(f"LS4ASE2W0S{letter}{number:06d}") for number in range(many // 6 + 1) for letter in "AB"]
    names = [f"{a}{b}{c}" for a in SURNAMES for b in GIVEN for c in GIVEN]
    for number in range(many):
        car = draw.randrange(len(cars))
        opened = start + timedelta(minutes=number * 700_000 // many)
        name = names[car % len(names)]
        mobile = f"154{(12_345_678 + car) % 10**8:08d}"
        cells = {
            "经销商": "成都三访汽车销售服务有限公司", "工单号": f"RO{number:09d}", "工单类型": "普通维修",
            "工单状态": "已结算", "维修类型": draw.choice(("定期保养", "一般维修", "首保", "索赔")),
            "工单开单日期": f"{opened:%Y-%m-%d %H:%M}", "进厂行驶里程": str(5_000 + number % 90_000),
            "预交车时间": f"{opened + timedelta(hours=2):%Y-%m-%d %H:%M}", "结算单号": f"JS{number:09d}",
            "结算时间": f"{opened + timedelta(hours=3):%Y-%m-%d %H:%M}", "是否结清": "是",
            "交车日期": f"{opened + timedelta(hours=3):%Y-%m-%d %H:%M}", "服务顾问": f"顾问{car % 12}",
            "维修技师": f"技师{car % 20}", "车牌号": f"川A{car % 10**5:05d}", "VIN": cars[car], "品牌": "长安",
            "车系": "CS75", "车型": "CS75 PLUS 1.5T 自动豪华型", "车辆销售日期": "2023-06-08",
            "车主编号": f"KH{car:07d}", "车主": name, "车主性质": "个人", "手机": mobile, "送修人": name,
            "送修人手机": mobile, "故障描述": "常规保养，反映冷车启动有异响", "维修项目名称": "更换机油、机滤",
            "维修金额": f"{draw.randrange(100, 3000)}.00", "是否索赔": "否", "三包状态": "在保", "是否待料": "否",
            "备注": "客户在店等候",
        }  # fmt: skip
        yield [cells.get(header, "") for header in ORDER_HEADERS]


def write_file(many: int) -> Path:
    path = Path(tempfile.gettempdir()) / f"sanfang-bench-{os.getpid()}-{many}.csv"
    with path.open("w", encoding="gb18030", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(ORDER_HEADERS)
        writer.writerows(orders(many))
    return path


@dataclass(slots=True)
class Spent:
    """Seconds by the clock, and of processors: Python's and PostgreSQL's."""

    wall: float = 0.0
    python: float = 0.0
    postgres: float = 0.0

    @property
    def cpu(self) -> float:
        return self.python + self.postgres


@contextmanager
def spent() -> Iterator[Spent]:
    found = Spent()
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    wall, python, postgres = time.perf_counter(), time.process_time(), _cpu_of(backend)
    yield found
    found.wall = time.perf_counter() - wall
    found.python, found.postgres = time.process_time() - python, _cpu_of(backend) - postgres


def _cpu_of(pid: int) -> float:
    """The server runs on this machine; elsewhere its seconds can't be seen and are left out."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def end_to_end(path: Path) -> Spent:
    """The whole import, as the worker does it."""
    now = timezone.now()
    with spent() as cost:
        with path.open("rb") as file:
            run = actions.receive(None, kind="repair_orders", filename=path.name, content=File(file), now=now)
        actions.queue(run, now=now)
        result = running.apply(run.pk)
    assert result is not None, ImportRun.objects.get(pk=run.pk).message
    assert not result.staged.faulty, result.staged.faults[:3]
    return cost


def plain_copy(source: Tenant, target: Tenant) -> tuple[Spent, int]:
    """All rows that an import left in ``source``, copied into ``target``; and how many they are."""
    rows: dict[str, bytes] = {}
    many = 0
    with inside(source), connection.cursor() as cursor:
        for name in WRITTEN:
            into = io.BytesIO()
            with cursor.copy(f"COPY {name} TO STDOUT") as copy:
                for part in copy:
                    into.write(part)
            rows[name] = into.getvalue()
            many += rows[name].count(b"\n")
    rows["staff"] = _named_by_files(rows["staff"], source)
    with inside(target), connection.cursor() as cursor, spent() as cost, transaction.atomic():
        for name, content in rows.items():
            with cursor.copy(f"COPY {name} FROM STDIN") as copy:
                copy.write(content)
    return cost, many


def _named_by_files(content: bytes, source: Tenant) -> bytes:
    """Only those whom the file named; the rest have accounts of their own."""
    with inside(source), connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM staff WHERE user_id IS NULL")
        named = {row[0].encode() for row in cursor.fetchall()}
    return b"".join(line + b"\n" for line in content.splitlines() if line.split(b"\t", 1)[0] in named)


def figures(many: int = 20_000, rows: int = 0) -> list[Figure]:
    """``rows``: of the file whose import's memory is measured, in a process of its own; 0: not now."""
    name = "sanfang_bench_imports"
    database.copy(database.ensure_template(), name)
    database.use(name)
    stores = {tenant.slug: tenant for tenant in Tenant.objects.filter(slug__in=("chengdu", "suzhou"))}
    path = write_file(many)
    try:
        with inside(stores["chengdu"]):
            whole = end_to_end(path)
            again = end_to_end(path)
        copied, written = plain_copy(stores["chengdu"], stores["suzhou"])
    finally:
        path.unlink()
    found = [
        Figure(
            f"import of {many:,} repair orders, end to end",
            f"{many / whole.wall:,.0f} a second ({many / whole.cpu:,.0f} a processor second: "
            f"{whole.python:.1f} Python, {whole.postgres:.1f} PostgreSQL)",
            f"≥ {GOAL_RATE:,} a second",
            f"COPY of its {written:,} rows: {copied.wall:.1f} s ({copied.cpu:.1f} s of processors)",
            many / whole.wall >= GOAL_RATE,
        ),
        Figure(
            "its share of a plain COPY, triggers on",
            f"{copied.wall / whole.wall:.2f} ({copied.cpu / whole.cpu:.2f} by processor seconds)",
            f"≥ {GOAL_SHARE}",
            "1",
            copied.wall / whole.wall >= GOAL_SHARE,
        ),
        Figure(
            "the same file once more: nothing changes",
            f"{many / again.wall:,.0f} a second ({many / again.cpu:,.0f} a processor second)",
            f"≥ {GOAL_RATE:,} a second",
            "the first import",
            many / again.wall >= GOAL_RATE,
        ),
    ]
    return [*found, memory(rows, name)] if rows else found


def memory(rows: int, name: str) -> Figure:
    """The most that a process which imports so many rows ever held."""
    asked = [sys.executable, __file__, f"--orders={rows}", "--weigh"]
    told = subprocess.run(asked, env=database.process_environment(name), check=True, capture_output=True, text=True)
    said: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return Figure(
        f"memory of a process that imports {rows:,} rows",
        f"{said['most']:.0f} MB ({said['before']:.0f} MB before; {rows / said['seconds']:,.0f} rows a second)",
        f"≤ {GOAL_MB} MB",
        "–",
        bool(said["most"] <= GOAL_MB),
    )


def weigh(rows: int) -> None:
    tenant = Tenant.objects.get(slug="suzhou")
    path = write_file(rows)
    try:
        with inside(tenant), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            cost = end_to_end(path)
    finally:
        path.unlink()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"before": before, "most": most, "seconds": cost.wall}))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--orders", type=int, default=20_000)
    options.add_argument("--rows", type=int, default=0)
    options.add_argument("--weigh", action="store_true")
    asked = options.parse_args()
    if asked.weigh:
        weigh(asked.orders)
        return 0
    found = figures(asked.orders, asked.rows)
    print(f"\n{timezone.now():%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores\n")
    print(table(found))
    return 0 if all(figure.good for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())

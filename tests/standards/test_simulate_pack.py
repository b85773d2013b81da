"""``manage.py simulate_pack``: what it prints, and what it says to files it can't use."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from standards.asking import VIN, delivery, ended, order

from sanfang.kernel.calendar import WEEKDAYS

ROOT = Path(__file__).parents[2]
GOOD: dict[str, Any] = {
    "timezone": "Asia/Shanghai",
    "customers": [{"id": "C1", "name": "张敏", "mobile": "13912345678"}],
    "vehicles": [{"vin": VIN, "customer": "C1", "model": "CS75"}],
    "deliveries": [delivery("2024-05-10")],
    "repair_orders": [order("2024-05-12T09:00", "2024-05-12T23:59", 120)],
    "complaints": [{"id": "K1", "customer": "C1", "solved": None}],
    "completed": [ended("first-call", "D1", "2024-05-11T10:00")],
    "given_up": [],
}


def run(tmp_path: Path, content: object, until: str = "2024-05-31", pack: str = "changan-dcrc") -> tuple[str, str]:
    path = tmp_path / "events.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    out, err = StringIO(), StringIO()
    call_command("simulate_pack", pack, str(path), until=until, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def refusal(tmp_path: Path, content: object, **options: str) -> str:
    with translation.override("zh-hans"), pytest.raises(CommandError) as caught:
        run(tmp_path, content, **options)
    assert caught.value.returncode == 2
    return str(caught.value)


def test_without_a_tenant_a_service_or_a_setting(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    path.write_text(json.dumps(GOOD), encoding="utf-8")
    command = [sys.executable, "manage.py", "simulate_pack", "changan-dcrc", str(path), "--until", "2024-05-13"]
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    first, third = done.stdout.decode().splitlines()
    car = f'"customer": "C1", "vin": "{VIN}", "channel": "phone", '
    window = '"opens": "2024-05-11T08:30:00+08:00", "due": "2024-05-13T17:30:00+08:00", "state": "completed"}'
    assert first == '{"rule": "first-call", "trigger": "D1", ' + car + window
    window = '"opens": "2024-05-13T08:30:00+08:00", "due": "2024-05-15T17:30:00+08:00", "state": "open"}'
    assert third == '{"rule": "third-call", "trigger": "R1", ' + car + window
    path.write_text("{", encoding="utf-8")
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert str(path).encode() in done.stderr


def test_a_pack_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    shipped = ROOT / "platform/sanfang/standards/packs/changan-dcrc.yaml"
    changed = shipped.read_text(encoding="utf-8").replace("window: {opens: 18, due: 21}", "window: {opens: 2, due: 2}")
    own.write_text(changed, encoding="utf-8")
    out, _err = run(tmp_path, GOOD, pack=str(own))
    second = next(json.loads(line) for line in out.splitlines() if "second-call" in line)
    assert second["due"] == "2024-05-12T17:30:00+08:00"


def test_unused_fields_are_warned_about(tmp_path: Path) -> None:
    content = {**GOOD, "sed": 3, "seed": 3, "customers": [{"id": "C1", "birthdate": "1990-01-01"}]}
    with translation.override("zh-hans"):
        out, err = run(tmp_path, content)
    assert len(out.splitlines()) == 3
    assert "sed：未使用的字段" in err
    assert "seed：未使用的字段" not in err
    assert "customers[0].birthdate：未使用的字段" in err


def test_missing_lists_are_empty_and_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    assert run(tmp_path, {"timezone": "Asia/Shanghai"}) == ("", "")
    assert run(tmp_path, "\ufeff" + json.dumps(GOOD))[0].count("\n") == 3


def test_one_id_for_a_delivery_and_an_order(tmp_path: Path) -> None:
    """Ids are unique per kind of event: an outcome means the later of the two that had happened."""
    content = {
        **GOOD,
        "vehicles": [{"vin": VIN, "customer": "C1", "service_months": 3}],
        "deliveries": [delivery("2024-01-10", "1")],
        "repair_orders": [order("2024-03-20T09:00", "2024-03-20T10:00", 900, "service", "1")],
    }
    of_delivery = {**content, "completed": [ended("lost-contact", "1", "2024-03-12T09:00")]}
    of_order = {**content, "completed": [ended("lost-contact", "1", "2024-07-25T09:00")]}

    def states(content: dict[str, Any]) -> list[str]:
        lines = [json.loads(line) for line in run(tmp_path, content, until="2024-12-31")[0].splitlines()]
        return [line["state"] for line in lines if line["rule"] == "lost-contact"]

    assert states(of_delivery) == ["completed", "open"]
    assert states(of_order) == ["answered_by_visit", "completed"]


# --- what can't be used ---------------------------------------------------------------------------
def with_row(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {**GOOD, name: [*GOOD[name], row]}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({**GOOD, "timezone": "Asia/Peking"}, "timezone"),
        ({**GOOD, "timezone": None}, "timezone"),
        ({**GOOD, "timezone": ["Asia/Shanghai"]}, "timezone"),
        ({**GOOD, "timezone": "../etc/passwd"}, "timezone"),
        ({**GOOD, "timezone": ""}, "timezone"),
        ({key: value for key, value in GOOD.items() if key != "timezone"}, "timezone"),
        ({**GOOD, "opening_hours": ["8:30", "17:30"]}, "opening_hours"),
        ({**GOOD, "opening_hours": {"mo": None}}, "opening_hours"),
        (
            {**GOOD, "opening_hours": dict.fromkeys(WEEKDAYS)},
            "opening_hours",
        ),
        ({**GOOD, "closed_days": ["2024-02-30"]}, "closed_days[0]"),
        ({**GOOD, "closed_days": "2024-02-10"}, "closed_days"),
        ({**GOOD, "vehicles": {}}, "vehicles"),
        ({**GOOD, "vehicles": ["LS5"]}, "vehicles[0]"),
        (with_row("customers", {"id": "C1"}), "customers[1] C1.id"),
        (with_row("customers", {"id": ""}), "customers[1] .id"),
        (with_row("customers", {}), "customers[1].id"),
        (with_row("customers", {"id": "C2", "birthday": "1992-02-30"}), "customers[1] C2.birthday"),
        (with_row("customers", {"id": "C2", "birthday": "1992/02/03"}), "customers[1] C2.birthday"),
        (with_row("vehicles", {"vin": VIN, "customer": "C1"}), f"vehicles[1] {VIN}.vin"),
        (with_row("vehicles", {"vin": "V2", "customer": "C9"}), "vehicles[1] V2.customer"),
        (with_row("vehicles", {"vin": "V2", "customer": "C1", "service_km": 0}), "vehicles[1] V2.service_km"),
        (with_row("vehicles", {"vin": "V2", "customer": "C1", "service_months": "6"}), "vehicles[1] V2.service_months"),
        (
            with_row("vehicles", {"vin": "V2", "customer": "C1", "first_service_km": 5.5}),
            "vehicles[1] V2.first_service_km",
        ),
        (
            with_row("vehicles", {"vin": "V2", "customer": "C1", "insurance_due": "soon"}),
            "vehicles[1] V2.insurance_due",
        ),
        (with_row("deliveries", delivery("2024-05-11")), "deliveries[1] D1.id"),
        (with_row("deliveries", {"id": "D2", "vin": "NOVIN", "date": "2024-05-11"}), "deliveries[1] D2.vin"),
        (with_row("deliveries", delivery("2024-13-01", "D2")), "deliveries[1] D2.date"),
        (with_row("deliveries", delivery("20240501", "D2")), "deliveries[1] D2.date"),
        (with_row("deliveries", delivery("1024-05-01", "D2")), "deliveries[1] D2.date"),
        (with_row("deliveries", {"id": "D2", "vin": VIN}), "deliveries[1] D2.date"),
        (with_row("repair_orders", order("2024-05-12T09:00", None)), "repair_orders[1] R1.id"),
        (with_row("repair_orders", order("2024-05-12T25:00", None, name="R2")), "repair_orders[1] R2.opened"),
        (with_row("repair_orders", order("2024-05-12T09:00", "later", name="R2")), "repair_orders[1] R2.closed"),
        (
            with_row("repair_orders", order("2024-05-12T09:00", "2024-05-12T08:59", name="R2")),
            "repair_orders[1] R2.closed",
        ),
        (with_row("repair_orders", order("2024-05-12T09:00", "2024-05-11", name="R2")), "repair_orders[1] R2.closed"),
        (
            with_row("repair_orders", order("2024-05-12T09:00", None, kind="wash", name="R2")),
            "repair_orders[1] R2.kind",
        ),
        (with_row("repair_orders", order("2024-05-12T09:00", None, -1, name="R2")), "repair_orders[1] R2.mileage"),
        (with_row("repair_orders", order("2024-05-12T09:00", None, True, name="R2")), "repair_orders[1] R2.mileage"),
        (
            with_row("repair_orders", {**order("2024-05-12T09:00", None, name="R2"), "vin": "NOVIN"}),
            "repair_orders[1] R2.vin",
        ),
        (with_row("complaints", {"id": "K2", "customer": "C9", "solved": None}), "complaints[1] K2.customer"),
        (with_row("complaints", {"id": "K1", "customer": "C1", "solved": "2024-05-01T09:00"}), "complaints[1] K1.id"),
        (
            with_row("complaints", {"id": "K2", "customer": "C1", "solved": ["2024-05-01", "2024-05-01"]}),
            "complaints[1] K2.solved",
        ),
        (with_row("completed", ended("first-cal", "D1", "2024-05-12T09:00")), "completed[1].rule"),
        (with_row("completed", ended("win-back", "D1", "2024-05-12T09:00")), "completed[1].rule"),
        (with_row("completed", ended("first-call", "D9", "2024-05-12T09:00")), "completed[1].trigger"),
        (with_row("completed", ended("first-call", "R1", "2024-05-12T09:00")), "completed[1].trigger"),
        (with_row("completed", ended("first-call", "D1", "yesterday")), "completed[1].at"),
        (with_row("given_up", ended("service-reminder", "R1", "2024-05-12T09:00")), "given_up[0].trigger"),
        (with_row("given_up", ended("complaint-closing", "K1#2", "2024-05-12T09:00")), "given_up[0].trigger"),
        (with_row("given_up", ended("birthday", "C1:2024-05-12", "2024-05-12T09:00")), "given_up[0].trigger"),
        (with_row("given_up", ended("inspection", f"{VIN}:2024-05-12", "2024-05-12T09:00")), "given_up[0].trigger"),
    ],
)
def test_faults_name_their_place(tmp_path: Path, content: object, place: str) -> None:
    message = refusal(tmp_path, content)
    assert message.startswith(f"{tmp_path / 'events.json'}：{place}：")
    # A list that can't be read leaves what refers to it without it.
    assert len(message.splitlines()) == (3 if place.startswith("vehicles") and "." not in place else 1)


def test_an_unknown_rule_or_trigger_is_named(tmp_path: Path) -> None:
    assert "win-back" in refusal(tmp_path, with_row("completed", ended("win-back", "D1", "2030-05-12T09:00")))
    assert "D77" in refusal(tmp_path, with_row("completed", ended("first-call", "D77", "2030-05-12T09:00")))


@pytest.mark.parametrize("trigger", ["C1:2024-02-29", "C1:2025-02-28", "C1:1992-02-29"])
def test_a_birthday_is_a_trigger_in_every_year(tmp_path: Path, trigger: str) -> None:
    content = {**GOOD, "customers": [{"id": "C1", "birthday": "1992-02-29"}]}
    run(tmp_path, {**content, "completed": [ended("birthday", trigger, "2024-05-12T09:00")]})
    wrong = {**content, "completed": [ended("birthday", "C1:2024-02-28", "2024-05-12T09:00")]}
    assert "C1:2024-02-28" in refusal(tmp_path, wrong)


def test_every_fault_is_told(tmp_path: Path) -> None:
    content = {**GOOD, "timezone": "Mars", "deliveries": [delivery("x", f"D{n}") for n in range(60)]}
    lines = refusal(tmp_path, content).splitlines()
    assert len(lines) == 51
    assert lines[-1].endswith("(+11)")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "第 1 行第 2 列"),
        ('{"timezone": "Asia/Shanghai",\n "customers": [}', "第 2 行第 16 列"),
        ("[]", "JSON 对象"),
        ('{"timezone": "Asia/Shanghai", "timezone": "Europe/Berlin"}', "timezone"),
        ("[" * 100_000, "JSON"),
        ('{"timezone": ' + "9" * 5000 + "}", "JSON"),
    ],
)
def test_files_that_are_not_the_json_they_should_be(tmp_path: Path, text: str, told: str) -> None:
    assert told in refusal(tmp_path, text)


@pytest.mark.parametrize("until", ["2024-02-30", "2024-5-1", "tomorrow", "20240501", "9999-12-31", ""])
def test_a_wrong_until(tmp_path: Path, until: str) -> None:
    assert refusal(tmp_path, GOOD, until=until).startswith("--until")


def test_wrong_pack_and_wrong_file(tmp_path: Path) -> None:
    assert "changan-dcrc" in refusal(tmp_path, GOOD, pack="toyota")
    broken = tmp_path / "broken.yaml"
    broken.write_text("id: 3\n", encoding="utf-8")
    assert "broken.yaml:1" in refusal(tmp_path, GOOD, pack=str(broken))
    for path in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(CommandError) as caught:
            call_command("simulate_pack", "changan-dcrc", str(path), until="2024-05-31")
        assert caught.value.returncode == 2
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe{}")
    with pytest.raises(CommandError):
        call_command("simulate_pack", "changan-dcrc", str(binary), until="2024-05-31")

"""Migrations that would stop the stores are refused before they are rolled out; those that are let through, don't."""

from pathlib import Path

import pytest
from desk_support import call_of, plan, repaired
from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections
from dms_cases import GOOD_ORDER
from import_support import bring, write_csv
from rollout_support import Later, column, later, roll_out

from crm.followups.models import FollowUp
from crm.vehicles.models import RepairOrder
from sanfang.tenancy.context import inside
from sanfang.tenancy.rollout import steps
from sanfang.tenancy.rollout.guard import Objection, objections
from sanfang.tenancy.rollout.states import Target
from tenants.models import Tenant

__all__ = ["later"]
pytestmark = pytest.mark.usefixtures("own_database")


def ours(kind: str) -> set[str]:
    """Labels of the apps of ours that tenants of this kind have. Migrations of others' are others' to judge."""
    found = (apps.get_app_config(config.label) for config in apps.get_app_configs() if _belongs(config.name, kind))
    return {config.label for config in found if (Path(config.path) / "migrations").is_dir() and _is_ours(config)}


def _belongs(name: str, kind: str) -> bool:
    return any(entry == name or entry.startswith(f"{name}.") for entry in settings.TENANT_TYPES[kind]["APPS"])


def _is_ours(config: AppConfig) -> bool:
    return "site-packages" not in Path(config.path).parts


KINDS = ["public", "dealer", "group", "oem"]


def judged(kind: str = "dealer") -> list[Objection]:
    schema = "public" if kind == "public" else f"t_template_{kind}"
    connection = connections["provisioner"]
    with steps.placed(Target(schema, kind, schema), connection):
        return objections(connection, ours(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_on_disk_is_refused(kind: str) -> None:
    assert {"public": "tenants", "dealer": "customers"}.get(kind, "audit") in ours(kind)
    assert judged(kind) == []


REFUSED = {
    "a column that the running code doesn't fill": (
        column("height", "models.IntegerField(default=0)"), "required-without-default"),
    "a column gone": ('operations = [migrations.RemoveField("customer", "name")]', "ban-drop-column"),
    "a column renamed": ('operations = [migrations.RenameField("customer", "name", "title")]', "renaming-column"),
    "a table gone": ('operations = [migrations.DeleteModel("trackingitem")]', "ban-drop-table"),
    "a table renamed": ('operations = [migrations.AlterModelTable("customer", "people")]', "renaming-table"),
    "another type": (
        'operations = [migrations.AlterField("customer", "name", models.BinaryField())]', "changing-column-type"),
    "an index that stops the writes": (
        'operations = [migrations.AddIndex("customer", models.Index(fields=["mobile"], name="x"))]',
        "require-concurrent-index-creation"),
    "a constraint that reads the whole table": (
        """
        check = models.CheckConstraint(condition=models.Q(name__gt=""), name="x")
        operations = [migrations.AddConstraint("customer", check)]
        """, "constraint-missing-not-valid"),
    "a unique constraint": (
        'operations = [migrations.AddConstraint("customer", models.UniqueConstraint(fields=["name"], name="x"))]',
        "disallowed-unique-constraint"),
    "much at once outside a transaction": (
        "atomic = False\noperations = [migrations.RunSQL('SELECT 1', ''), migrations.RunSQL('SELECT 2', '')]",
        "one-operation"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(later: Later, case: str) -> None:
    body, rule = REFUSED[case]
    later("customers", body)
    found = judged()
    assert {one.migration for one in found} == {"customers.0900_later"}
    assert rule in {one.rule for one in found}


def test_a_reason_lets_it_through_and_an_empty_one_does_not(later: Later) -> None:
    body, rule = REFUSED["a column gone"]
    later("customers", f'accepted = {{"{rule}": "nothing has read it since the last version"}}\n{body}')
    assert judged() == []
    later("customers", f'accepted = {{"{rule}": ""}}\n{body}')
    assert [one.rule for one in judged()] == [rule]


LET_THROUGH = [
    column("height"),
    column("width", "models.IntegerField(db_default=7)"),
    """
    operations = [migrations.CreateModel("Visit", [
        ("id", models.BigAutoField(primary_key=True)),
        ("place", models.CharField(max_length=20, db_index=True, unique=True)),
    ])]
    """,
    """
    atomic = False
    operations = [AddIndexConcurrently("customer", models.Index(fields=["name", "mobile"], name="name_and_mobile"))]
    """,
    'operations = [migrations.RunSQL("ALTER TABLE customers_customer ALTER COLUMN height SET DEFAULT 3", "")]',
]


def test_todays_code_works_on_tomorrows_schema(later: Later, chengdu: Tenant, tmp_path: Path) -> None:
    """While a version is rolled out, the one before it still takes files in and has calls done."""
    later("customers", *LET_THROUGH)
    assert judged() == []
    report, _heard = roll_out()
    assert not report.failed
    with inside(chengdu):
        path = write_csv(tmp_path / "orders.csv", "repair_orders", [GOOD_ORDER])
        bring(path, "repair_orders")
        assert RepairOrder.objects.count() == 1
        customer = repaired("欧阳娜娜", 5)
        plan()
        assert call_of(customer).state == "open"
        assert FollowUp.objects.exists()
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT DISTINCT width FROM customers_customer")
            assert cursor.fetchall() == [(7,)]

"""Migrations for the whole fleet: the same as Django's own, done once, and one store's trouble stays its own."""

import random
import re
import subprocess
import threading
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext
from rollout_support import Later, admin, column, columns, fresh, later, recorded, roll_out

from crm.customers.models import Customer
from sanfang.tenancy.context import inside
from sanfang.tenancy.rollout import fleet, steps
from sanfang.tenancy.rollout.plans import Plan
from sanfang.tenancy.rollout.states import Target, applied
from tenants.migrating import behind, everybody
from tenants.models import PooledSchema, Tenant
from tenants.provisioning import make_schema, refill
from tenants.templates import pg_dump, template_of

__all__ = ["admin", "fresh", "later"]
pytestmark = pytest.mark.usefixtures("fresh")
SCHEMAS = ["t_template_dealer", "t_cast_chengdu", "t_cast_suzhou"]


def test_everybody_gets_the_column_and_public_is_left_alone(later: Later) -> None:
    refill("dealer", size=1)
    (pooled,) = PooledSchema.objects.filter(kind="dealer").values_list("schema_name", flat=True)
    tables = columns("public", "django_migrations")
    later("customers", column("height"))
    report, heard = roll_out()
    assert not report.failed
    for schema in [*SCHEMAS, pooled]:
        assert "height" in columns(schema), schema
        assert ("customers", "0900_later") in recorded(schema)
    assert columns("public", "django_migrations") == tables
    assert len(recorded("public")) == len(set(recorded("public")))
    assert columns("public") == set()
    assert behind() == []
    assert sorted(label for label, _error in heard)[:2] == ["chengdu", "lanchuan"]


def test_a_kind_without_the_app_only_notes_it_down(later: Later) -> None:
    later("customers", column("height"))
    roll_out()
    assert ("customers", "0900_later") in recorded("t_cast_yuanting")
    assert columns("t_cast_yuanting") == set()


def test_templates_lead_and_the_canary_comes_before_the_others(later: Later) -> None:
    later("customers", column("height"))
    _report, heard = roll_out(canaries={"suzhou"})
    labels = [label for label, _error in heard]
    assert labels.index("template dealer") < labels.index("suzhou") < labels.index("chengdu")


def test_nothing_to_do_asks_no_more_for_more_tenants() -> None:
    behind()
    counts = []
    for size in (0, 4):
        refill("group", size=size)
        with CaptureQueriesContext(connections["provisioner"]) as asked:
            assert behind() == []
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_same_as_the_stock_migrate(later: Later) -> None:
    later(
        "customers",
        column("height"),
        'operations = [migrations.AddIndex("customer", models.Index(fields=["height"], name="by_height"))]',
        'operations = [migrations.AlterField("customer", "height", models.BigIntegerField(null=True)),'
        " migrations.RunSQL(\"COMMENT ON TABLE customers_customer IS '50 % %s'\", migrations.RunSQL.noop)]",
    )
    roll_out()
    make_schema("t_stock", role=False)
    stock: Any = connections["provisioner"]
    stock.set_schema("t_stock", include_public=False, tenant_type="dealer")
    Migrate().run_from_argv(["manage.py", "migrate", "--database=provisioner", "--verbosity=0"])
    stock.set_schema_to_public()
    assert _dump("t_stock") == _dump(template_of("dealer")) == _dump("t_cast_chengdu")
    assert recorded("t_stock") == recorded(template_of("dealer")) == recorded("t_cast_chengdu")


def _dump(schema: str) -> list[str]:
    """The structure as SQL without the schema's own name; columns that came later stand last in all of them."""

    target = connections["provisioner"].settings_dict
    done = subprocess.run(
        [
            pg_dump(), "--schema-only", "--no-owner", "--no-privileges", f"--schema={schema}",
            f"--host={target['HOST']}", f"--port={target['PORT']}", f"--username={target['USER']}",
            f"--dbname={target['NAME']}",
        ],
        env={"PGPASSWORD": target["PASSWORD"], "PGOPTIONS": "-c role=sanfang_owner"},
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    text = re.sub(rf"\b{schema}\b", "SCHEMA", done.stdout)
    return [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


COUNT = """
def count(apps, schema_editor):
    Customer = apps.get_model("customers", "Customer")
    for customer in Customer.objects.using(schema_editor.connection.alias):
        customer.height = len(customer.name)
        customer.save(update_fields=["height"])

operations = [migrations.RunPython(count, migrations.RunPython.noop)]
"""


def test_code_runs_in_each_schema(later: Later, chengdu: Tenant, suzhou: Tenant) -> None:
    for tenant, name in ((chengdu, "欧阳娜娜"), (suzhou, "赵一")):
        with inside(tenant):
            Customer.objects.create(name=name)
    later("customers", column("height"), COUNT, column("width"))
    report, _heard = roll_out()
    assert not report.failed
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT array_agg(height) FROM t_cast_chengdu.customers_customer), "
            "(SELECT array_agg(height) FROM t_cast_suzhou.customers_customer)"
        )
        assert cursor.fetchone() == ([4], [2])
    assert "width" in columns("t_cast_suzhou")


CONCURRENTLY = """
atomic = False
operations = [
    AddIndexConcurrently("customer", models.Index(fields=["name", "mobile"], name="name_and_mobile"))
]
"""


def test_an_index_made_beside_the_work_is_taken_up_where_it_was_cut_off(
    later: Later, admin: psycopg.Connection[Any]
) -> None:
    """In one store it was made but not noted down, in the other its making was cut off."""
    make = "CREATE INDEX name_and_mobile ON {}.customers_customer (name, mobile)"
    admin.execute(make.format("t_cast_chengdu"))
    admin.execute(make.format("t_cast_suzhou"))
    admin.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_cast_suzhou.name_and_mobile'::regclass")
    later("customers", CONCURRENTLY)
    report, _heard = roll_out()
    assert not report.failed
    found = admin.execute("SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = indexrelid "
                          "WHERE relname = 'name_and_mobile' AND indisvalid").fetchone()  # fmt: skip
    assert found == (3,)


def test_only_one_at_a_time(own_database: str) -> None:
    began, end = threading.Event(), threading.Event()

    def first() -> None:
        with fleet.alone():
            began.set()
            end.wait(10)
        connections["provisioner"].close()

    thread = threading.Thread(target=first)
    thread.start()
    began.wait(10)
    with pytest.raises(fleet.Busy):
        roll_out()
    with pytest.raises(CommandError, match="at work"):
        call_command("migrate_tenants")
    end.set()
    thread.join()
    roll_out()


def test_the_gate_says_what_is_behind(later: Later, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("migrate_tenants", "--check")
    later("customers", column("height"), column("width"))
    before = recorded("t_cast_chengdu")
    with pytest.raises(CommandError, match="behind"):
        call_command("migrate_tenants", "--check")
    assert "public: 2 missing, first customers.0900_later" in capsys.readouterr().out
    assert recorded("t_cast_chengdu") == before
    fleet.migrate_one(Target("public", "public", "public"))
    with pytest.raises(CommandError, match="behind"):
        call_command("migrate_tenants", "--check")
    assert "chengdu: 2 missing, first customers.0900_later" in capsys.readouterr().out
    call_command("migrate_tenants", "--no-pool")
    call_command("migrate_tenants", "--check")


def test_side_by_side_is_the_same(later: Later) -> None:
    refill("group", size=6)
    later("customers", column("height"))
    report, heard = roll_out(parallel=4)
    assert len(heard) == report.behind == len(everybody())
    assert {recorded(target.schema)[-1] for target in everybody()} == {recorded("t_cast_chengdu")[-1]}


def test_the_plan_is_the_one_that_django_makes() -> None:
    """For a schema that was left anywhere on the way: the same migrations in the same order."""
    connection = connections["provisioner"]
    everything = Plan(frozenset()).missing
    keys = [(one.app_label, one.name) for one in everything]
    for cut in random.Random(5).sample(range(len(keys)), 8):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM t_cast_suzhou.django_migrations")
            for app, name in keys[:cut]:
                cursor.execute(
                    "INSERT INTO t_cast_suzhou.django_migrations (app, name, applied) VALUES (%s, %s, now())",
                    [app, name],
                )
        with steps.placed(Target("t_cast_suzhou", "dealer", "suzhou"), connection):
            executor = MigrationExecutor(connection)
            stock = executor.migration_plan(executor.loader.graph.leaf_nodes())
        ours = Plan(applied(connection, "t_cast_suzhou")).missing
        assert [(one.app_label, one.name) for one in ours] == [(one.app_label, one.name) for one, _ in stock]

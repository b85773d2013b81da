"""Schemas made ahead, handed out once, with a role that sees nothing else."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from life_support import rights_of

from crm.customers.models import Customer
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import inside
from sanfang.tenancy.rollout import fleet
from sanfang.tenancy.rollout.states import Target
from tenants.models import PooledSchema, Tenant
from tenants.provisioning import claim, drop_schema, make_schema, refill
from tenants.templates import dump_template, template_of

pytestmark = pytest.mark.usefixtures("own_database")


def _tables(schema_name: str) -> set[str]:
    with connections["provisioner"].cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema_name])
        return {row[0] for row in cursor.fetchall()}


def test_the_pool_is_filled_to_its_size_and_no_further() -> None:
    assert refill("group", size=2) == 2
    assert refill("group", size=2) == 0
    assert PooledSchema.objects.filter(kind="group", ready=True).count() == 2


def test_a_claimed_schema_has_the_templates_tables_triggers_and_migrations() -> None:
    tenant = claim(kind="dealer", slug="ningbo", name="宁波甬江汽车有限公司", short_name="甬江店")
    assert _tables(tenant.schema_name) == _tables(template_of("dealer"))
    with connections["provisioner"].cursor() as cursor:
        counts = []
        for schema in (tenant.schema_name, template_of("dealer")):
            cursor.execute(f'SELECT count(*) FROM "{schema}".django_migrations')
            migrations = cursor.fetchone()[0]
            cursor.execute(
                "SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
                "WHERE relnamespace = %s::regnamespace AND NOT tgisinternal",
                [schema],
            )
            counts.append((migrations, cursor.fetchone()[0]))
    assert counts[0] == counts[1]
    assert min(counts[0]) > 0
    with inside(tenant):
        Customer.objects.create(name="赵一")
        assert Customer.objects.count() == 1


def test_a_claimed_schemas_rights_are_those_of_a_migrated_one() -> None:
    claimed = claim(kind="dealer", slug="jiashan", name="嘉善汽车有限公司", short_name="嘉善店").schema_name
    make_schema("t_migrated")
    try:
        fleet.migrate_one(Target("t_migrated", "dealer", "migrated"))
        found = [str(rights_of(schema)).replace(schema, "…") for schema in (claimed, "t_migrated")]
        assert found[0] == found[1]
        assert "customers_customer" in found[0]
    finally:
        drop_schema("t_migrated")


def test_a_claim_out_of_an_empty_pool_makes_a_schema_on_the_spot() -> None:
    PooledSchema.objects.all().delete()
    tenant = claim(kind="oem", slug="other-maker", name="另一家主机厂", short_name="另一家")
    assert tenant.is_open
    assert not PooledSchema.objects.filter(schema_name=tenant.schema_name).exists()


def test_a_taken_identifier_is_refused_and_takes_nothing_from_the_pool() -> None:
    refill("dealer", size=1)
    before = PooledSchema.objects.filter(ready=True).count()
    with pytest.raises(DomainError):
        claim(kind="dealer", slug="chengdu", name="又一家", short_name="又一家")
    assert PooledSchema.objects.filter(ready=True).count() == before
    assert Tenant.objects.filter(slug="chengdu").count() == 1


@pytest.mark.parametrize(
    "slug", ["Ab", "1abc", "a", "x" * 40, "-abc", "abc-", "a_b", "t;drop", "xn--80ak6aa92e", "a--b"]
)
def test_an_identifier_that_is_no_host_name_is_refused(slug: str) -> None:
    with pytest.raises(CommandError):
        call_command("tenant", "create", "dealer", slug, "某店")
    assert not Tenant.objects.filter(slug=slug).exists()


def test_commands_create_list_suspend_and_resume(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("tenant", "create", "dealer", "wuxi", "无锡太湖汽车有限公司", "--city", "无锡市")
    call_command("tenant", "suspend", "wuxi")
    call_command("tenant", "list")
    assert "wuxi\tdealer\tsuspended" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("tenant", "suspend", "wuxi")
    call_command("tenant", "resume", "wuxi")
    assert Tenant.objects.get(slug="wuxi").is_open
    with pytest.raises(CommandError, match="nowhere"):
        call_command("tenant", "suspend", "nowhere")


def test_the_dump_names_the_template_nowhere_after_the_replay() -> None:
    dump = dump_template("dealer")
    assert template_of("dealer") in dump
    tenant = claim(kind="dealer", slug="jiaxing", name="嘉兴南湖汽车有限公司", short_name="南湖店")
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE connamespace = %s::regnamespace "
            "AND pg_get_constraintdef(oid) LIKE %s",
            [tenant.schema_name, "%t_template%"],
        )
        assert cursor.fetchone()[0] == 0


def test_the_login_of_the_web_may_not_make_schemas_or_roles() -> None:
    for statement in ("CREATE SCHEMA t_mine", "CREATE ROLE t_mine", "CREATE TABLE public.mine ()"):
        with pytest.raises(Exception, match="permission denied"):
            connection.cursor().execute(statement)

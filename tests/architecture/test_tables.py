"""Each table lives in the schemas its app belongs to and nowhere else, and there are not too many of them."""

from collections import Counter
from pathlib import Path

import yaml
from django.apps import apps
from django.conf import settings
from django.db import connection

from tenants.models import Tenant

BUDGET = yaml.safe_load((Path(__file__).parent / "table_budget.yaml").read_text())


def _tables(schema_name: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = %s::regnamespace",
            [schema_name],
        )
        return {row[0] for row in cursor.fetchall()} - {"django_migrations"}


def _belonging(kind: str) -> set[str]:
    names = set(settings.TENANT_TYPES[kind]["APPS"])
    return {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if apps.get_app_config(model._meta.app_label).name in names
    }


def test_every_table_is_where_its_app_belongs(network: dict[str, Tenant]) -> None:
    for slug in ("sanfang", "chengdu", "yuanting", "lanchuan"):
        tenant = network[slug]
        assert _tables(tenant.schema_name) == _belonging(tenant.kind), slug


def test_a_dealers_schema_keeps_to_its_budget() -> None:
    used: Counter[str] = Counter()
    for model in apps.get_models(include_auto_created=True):
        if apps.get_app_config(model._meta.app_label).name in settings.DEALER_APPS:
            used[model._meta.app_label] += 1
    assert not {app: count for app, count in used.items() if count > BUDGET["apps"].get(app, 0)}
    assert sum(BUDGET["apps"].values()) <= BUDGET["total"]


def test_no_foreign_key_leads_from_a_tenant_to_the_public_schema(network: dict[str, Tenant]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass, confrelid::regclass FROM pg_constraint c "
            "JOIN pg_class f ON f.oid = confrelid JOIN pg_class r ON r.oid = conrelid "
            "WHERE contype = 'f' AND f.relnamespace = 'public'::regnamespace "
            "AND r.relnamespace <> 'public'::regnamespace"
        )
        assert cursor.fetchall() == []

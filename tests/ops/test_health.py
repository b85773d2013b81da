"""``/readyz`` notices a migration that isn't there, and asks for it by name instead of listing the catalogue."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sanfang.ops import health
from sanfang.tenancy.rollout.states import applied
from tenants.models import Tenant


def test_a_missing_migration_is_noticed(network: dict[str, Tenant]) -> None:
    client = Client(SERVER_NAME="127.0.0.1")
    assert client.get("/readyz").status_code == 200
    known = applied(connection, "public")
    assert health._missing(known - {("tenants", "0001_initial")}) == 1
    # A newer version's migrations are none of this code's business, and neither are those of a tenant's apps.
    assert health._missing(known | {("tenants", "9999_later")}) == 0
    assert health._missing(frozenset(key for key in known if key[0] != "customers")) == 0


def test_it_lists_no_catalogue(network: dict[str, Tenant]) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert Client(SERVER_NAME="127.0.0.1").get("/readyz").status_code == 200
    assert len(asked) <= 4
    assert not any("pg_class" in one["sql"] or "pg_table_is_visible" in one["sql"] for one in asked)

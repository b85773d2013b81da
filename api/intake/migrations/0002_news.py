"""When customers, vehicles and follow-ups last changed, and an index to find what changed since.

Here and not in their own apps, because only the API asks for it. The indexes have the id behind the moment: thousands
of rows of one import share theirs.
"""

from typing import ClassVar

from django.db import migrations

TABLES = {"customers_customer": "customer_news", "vehicles_vehicle": "vehicle_news", "followups_followup": "call_news"}
OWNERSHIP = "vehicles_ownership"


def touched(table: str) -> str:
    """For those who forget it; who says a moment is believed."""
    return (
        f"CREATE TRIGGER touch BEFORE UPDATE ON {table} FOR EACH ROW "
        "WHEN (OLD.* IS DISTINCT FROM NEW.* AND OLD.updated_at = NEW.updated_at) "
        "EXECUTE FUNCTION public.sanfang_touch()"
    )


def owned(verb: str, seen: str) -> str:
    return (
        f"CREATE TRIGGER touch_{verb.lower()} AFTER {verb} ON {OWNERSHIP} REFERENCING {seen} TABLE AS changed "
        "FOR EACH STATEMENT EXECUTE FUNCTION public.sanfang_touch_owned()"
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("intake", "0001_initial"),
        ("api", "0002_news"),
        ("customers", "0006_fewer_indexes"),
        ("vehicles", "0005_vehicle_vin_tail"),
        ("followups", "0006_updated_at"),
    ]
    accepted: ClassVar = {"require-concurrent-index-creation": "no store was live before this version"}

    operations: ClassVar = [
        migrations.RunSQL(
            [
                *map(touched, TABLES),
                *(owned(*one) for one in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))),
            ],
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            [f"CREATE INDEX {name} ON {table} (updated_at, id)" for table, name in TABLES.items()],
            migrations.RunSQL.noop,
        ),
    ]

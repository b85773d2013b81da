"""No samples of the public tables that tenants may read.

The planner's row estimates are made from samples of all rows, also of those that row-level security hides: with
``EXPLAIN … WHERE name < '…'`` a tenant's role could bisect its way to the names of the others.
"""

from typing import ClassVar

from django.db import migrations

COLUMNS = {
    "tenants_tenant": "id schema_name kind slug name short_name city phone time_zone code state behind created_at",
    "tenants_affiliation": "id holder_id member_id region since",
}


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tenants", "0003_migration_digests")]

    operations: ClassVar = [
        migrations.RunSQL(
            f"ALTER TABLE {table} " + ", ".join(f"ALTER {column} SET STATISTICS 0" for column in columns.split()),
            migrations.RunSQL.noop,
        )
        for table, columns in COLUMNS.items()
    ]

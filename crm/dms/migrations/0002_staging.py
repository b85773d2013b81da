"""The staging tables are only scratch paper: not in the write-ahead log, and without an index to keep up."""

from typing import ClassVar

from django.db import migrations

STAGING = ("stageddocument", "stagedperson", "stagedverdict")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dms", "0001_initial")]

    operations: ClassVar = [
        migrations.RunSQL(
            [f"ALTER TABLE dms_{name} SET UNLOGGED, DROP CONSTRAINT dms_{name}_pkey" for name in STAGING],
            migrations.RunSQL.noop,
        )
    ]

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dms", "0004_undo")]

    accepted: ClassVar = {
        "constraint-missing-not-valid": "a table of a few rows: read in a moment",
        "disallowed-unique-constraint": "a table of a few rows; the new constraint asks for less than the old one",
    }

    operations: ClassVar = [
        migrations.AddField(
            "sourcemapping", "name", models.CharField(blank=True, db_default="", default="", max_length=120)
        ),
        migrations.AddConstraint(
            "sourcemapping",
            models.UniqueConstraint(fields=("kind", "source", "name"), name="one_mapping_a_source_name"),
        ),
        migrations.RemoveConstraint("sourcemapping", "one_mapping_a_source"),
    ]

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("followups", "0004_which_number_was_shown"), ("tenancy", "0001_initial")]

    accepted: ClassVar = {
        "adding-foreign-key-constraint": "no store was live before this version",
        "require-concurrent-index-creation": "no store was live before this version",
    }

    operations: ClassVar = [
        migrations.AddField(
            "followup",
            "assignee",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.staff",
            ),
        ),
        migrations.AddIndex(
            "followup",
            models.Index(
                condition=models.Q(("assignee__isnull", False), ("state", "open")),
                fields=["assignee"],
                name="assigned_follow_ups",
            ),
        ),
        migrations.AddIndex("followup", models.Index(fields=["due", "rule"], name="follow_ups_by_due")),
    ]

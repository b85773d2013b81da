from typing import ClassVar

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies: ClassVar = [("followups", "0005_assignee")]
    accepted: ClassVar = {
        "adding-field-with-default": "statement_timestamp() is stable, so one value is kept and no row rewritten"
    }

    operations: ClassVar = [
        migrations.AddField("followup", "updated_at", models.DateTimeField(auto_now=True, db_default=Now())),
    ]

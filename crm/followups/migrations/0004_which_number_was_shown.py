from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("followups", "0003_what_was_begun")]

    operations: ClassVar = [
        migrations.AddField(
            "hold", "revealed_as", models.CharField(blank=True, default="", db_default="", max_length=40)
        ),
    ]

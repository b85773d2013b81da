from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("followups", "0002_history")]

    operations: ClassVar = [
        migrations.AddField(
            "draft", "revision", models.CharField(blank=True, default="", db_default="", max_length=60)
        ),
        migrations.AddField("hold", "begun_at", models.DateTimeField(null=True)),
        migrations.AddField("hold", "revealed_at", models.DateTimeField(null=True)),
    ]

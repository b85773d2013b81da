from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("vehicles", "0002_history")]

    accepted: ClassVar = {"required-without-default": "no store was live before this version"}

    operations: ClassVar = [
        migrations.AddField(model_name="delivery", name="details", field=models.JSONField(default=dict)),
        migrations.AddField(model_name="repairorder", name="details", field=models.JSONField(default=dict)),
    ]

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

STATES = [("open", "待更正"), ("corrected", "已更正，待核实"), ("verified", "已核实"), ("rejected", "更正有误")]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0002_history"), ("vehicles", "0002_history")]

    accepted: ClassVar = {
        "adding-foreign-key-constraint": "no store was live before this version",
        "require-concurrent-index-creation": "no store was live before this version",
    }

    operations: ClassVar = [
        migrations.AddField(
            model_name="trackingitem",
            name="vehicle",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="vehicles.vehicle"
            ),
        ),
        migrations.AlterField(
            model_name="trackingitem",
            name="state",
            field=models.CharField(choices=STATES, default="open", max_length=10),
        ),
    ]

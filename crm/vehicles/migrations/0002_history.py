from typing import ClassVar

from django.db import migrations

from sanfang.audit.operations import track


class Migration(migrations.Migration):
    dependencies: ClassVar = [("vehicles", "0001_initial"), ("audit", "0001_initial")]

    operations: ClassVar = [
        track(
            "vehicles_vehicle",
            "vehicles_ownership",
            "vehicles_delivery",
            "vehicles_repairorder",
        )
    ]

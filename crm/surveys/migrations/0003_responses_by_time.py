from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("surveys", "0002_history")]

    accepted: ClassVar = {"require-concurrent-index-creation": "no store was live before this version"}

    operations: ClassVar = [migrations.AddIndex("response", BrinIndex(fields=["at"], name="responses_by_time"))]

from typing import ClassVar

from django.db import migrations

from sanfang.audit.operations import track


class Migration(migrations.Migration):
    dependencies: ClassVar = [("doubles", "0001_initial"), ("audit", "0001_initial")]

    operations: ClassVar = [track("doubles_pair")]

from typing import ClassVar

from django.db import migrations

from sanfang.audit.operations import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [("audit", "0001_initial")]

    operations: ClassVar = [append_only()]

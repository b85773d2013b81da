from typing import ClassVar

from django.db import migrations

from sanfang.audit.operations import track


class Migration(migrations.Migration):
    dependencies: ClassVar = [("checks", "0001_initial"), ("audit", "0001_initial")]

    operations: ClassVar = [track("checks_check")]

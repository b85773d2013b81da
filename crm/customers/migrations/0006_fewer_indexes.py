"""Nothing looks a name up by itself any more, and exact mobiles are found by ``customer_match``: four indexes fewer."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0005_customer_mobile_tail")]

    accepted: ClassVar = {
        "require-concurrent-index-deletion": "waits two seconds for the table at most, and dropping takes no time",
    }

    operations: ClassVar = [
        migrations.AlterField("customer", "name", models.CharField(max_length=120, verbose_name="姓名")),
        migrations.AlterField("customer", "mobile", models.CharField(blank=True, max_length=11, verbose_name="手机")),
    ]

from typing import ClassVar

from django.db import migrations, models

FAULTS = [
    ("do_not_call", "客户要求不联系"),
    ("opted_out", "客户已拒收短信"),
    ("wrong_number", "号码已标记为错误"),
    ("rejected", "短信平台拒绝"),
    ("unreachable", "短信平台多次无法连接"),
    ("expired", "问卷已过期，不再发送"),
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("messaging", "0002_history")]

    operations: ClassVar = [
        migrations.AddField("message", "not_after", models.DateTimeField(null=True)),
        migrations.AlterField("message", "error", models.CharField(blank=True, choices=FAULTS, max_length=20)),
    ]

from typing import ClassVar

from django.db import migrations, models

FAULTS = [
    ("do_not_call", "客户要求不联系"),
    ("opted_out", "客户已拒收短信"),
    ("wrong_number", "号码已标记为错误"),
    ("too_many", "近期短信已达上限"),
    ("text", "内容不符合短信平台规则"),
    ("not_approved", "短信模板未通过审核"),
    ("taken_back", "登记已撤销，不再发送"),
    ("undelivered", "运营商未能送达"),
    ("rejected", "短信平台拒绝"),
    ("unreachable", "短信平台多次无法连接"),
    ("expired", "问卷已过期，不再发送"),
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("messaging", "0004_more_faults")]

    operations: ClassVar = [
        migrations.AlterField("message", "error", models.CharField(blank=True, choices=FAULTS, max_length=20)),
    ]

from typing import ClassVar

from django.db import migrations, models

import sanfang.kernel.ids
from sanfang.audit.operations import track

STATES = [("draft", "草稿"), ("submitted", "审核中"), ("approved", "已通过"), ("rejected", "未通过")]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("messaging", "0005_taken_back")]

    operations: ClassVar = [
        migrations.AddField("message", "parameters", models.JSONField(db_default=[], default=list)),
        migrations.AddField(
            "message", "wording", models.CharField(blank=True, db_default="", default="", max_length=40)
        ),
        migrations.CreateModel(
            name="Template",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=sanfang.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("provider", models.CharField(max_length=20)),
                ("body", models.TextField(max_length=1000, verbose_name="内容")),
                ("purpose", models.CharField(max_length=10, verbose_name="用途")),
                (
                    "state",
                    models.CharField(choices=STATES, default="draft", max_length=10, verbose_name="状态"),
                ),
                ("code", models.CharField(blank=True, max_length=60, verbose_name="模板编号")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="未通过原因")),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.UUIDField(null=True)),
            ],
            options={
                "verbose_name": "短信模板",
                "constraints": [models.UniqueConstraint(fields=["name", "provider"], name="one_template_a_provider")],
            },
        ),
        track("messaging_template"),
    ]

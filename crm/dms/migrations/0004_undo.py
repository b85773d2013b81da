from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dms", "0003_lists"), ("tenancy", "0001_initial")]

    accepted: ClassVar = {
        "adding-foreign-key-constraint": "a few thousand imports at most, and the column is empty: checked in a moment",
    }

    operations: ClassVar = [
        migrations.AddField("importrun", "journal_after", models.BigIntegerField(null=True)),
        migrations.AddField("importrun", "journal_until", models.BigIntegerField(null=True)),
        migrations.AddField("importrun", "undo", models.JSONField(db_default={}, default=dict)),
        migrations.AddField("importrun", "undone_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "importrun",
            "undone_by",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.staff",
            ),
        ),
        migrations.AlterField(
            "importrun",
            "state",
            models.CharField(
                choices=[
                    ("uploaded", "已上传"),
                    ("checking", "试算中"),
                    ("checked", "待确认"),
                    ("queued", "排队中"),
                    ("applying", "导入中"),
                    ("done", "已完成"),
                    ("failed", "失败"),
                    ("cancelled", "已取消"),
                    ("undoing", "撤销中"),
                    ("undone", "已撤销"),
                ],
                default="uploaded",
                max_length=9,
                verbose_name="状态",
            ),
        ),
    ]

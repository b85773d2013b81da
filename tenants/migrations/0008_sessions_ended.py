"""A number that ends all of a person's sessions at once; one wording for each state of a tenant (no SQL)."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("tenants", "0007_schemas_where"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="user",
            name="sessions_ended",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AlterField(
            model_name="tenant",
            name="state",
            field=models.CharField(
                choices=[
                    ("provisioning", "开通中"),
                    ("ready", "正常"),
                    ("suspended", "已停用"),
                    ("leaving", "已退出（数据保管中）"),
                    ("gone", "已退出（数据已删除）"),
                ],
                default="provisioning",
                max_length=12,
                verbose_name="状态",
            ),
        ),
    ]

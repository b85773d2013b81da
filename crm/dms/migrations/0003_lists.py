from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("dms", "0002_staging"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="stageddocument",
            name="day",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="stageddocument",
            name="level",
            field=models.TextField(db_default=""),
        ),
        migrations.AddField(
            model_name="stageddocument",
            name="reason",
            field=models.TextField(db_default=""),
        ),
        migrations.AddField(
            model_name="stageddocument",
            name="rival",
            field=models.TextField(db_default=""),
        ),
        migrations.AddField(
            model_name="stageddocument",
            name="wanted_model",
            field=models.TextField(db_default=""),
        ),
        migrations.AlterField(
            model_name="importrun",
            name="kind",
            field=models.CharField(
                choices=[
                    ("deliveries", "销售台账"),
                    ("repair_orders", "维修工单"),
                    ("lost_leads", "战败记录"),
                    ("lost_list", "流失名单"),
                    ("canvassing", "扫街登记"),
                ],
                max_length=13,
                verbose_name="文件类型",
            ),
        ),
    ]

from typing import ClassVar

import django.db.models.deletion
import sanfang.kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True
    dependencies: ClassVar = [
        ('tenancy', '0001_initial'),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name='Pair',
            fields=[
                ('id', models.UUIDField(default=sanfang.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('first', models.UUIDField()),
                ('second', models.UUIDField()),
                ('state', models.CharField(choices=[('found', '待查看'), ('different', '不是同一人'), ('merged', '已合并'), ('apart', '已拆开')], default='found', max_length=9, verbose_name='状态')),
                ('reasons', models.JSONField(default=list)),
                ('found_at', models.DateTimeField()),
                ('at', models.DateTimeField(null=True)),
                ('kept', models.UUIDField(null=True)),
                ('aliases', models.JSONField(default=list)),
                ('journal_after', models.BigIntegerField(null=True)),
                ('journal_until', models.BigIntegerField(null=True)),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.staff')),
            ],
            options={
                'verbose_name': '疑似重复客户',
                'constraints': [models.UniqueConstraint(fields=('first', 'second'), name='one_row_a_pair'), models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='pairs_in_order')],
            },
        ),
    ]

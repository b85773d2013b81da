"""Names are found by any two neighbouring characters and by pinyin initials."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

from crm.customers.keys import NameKeys


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("customers", "0003_tracking_vehicle"), ("tenants", "0006_name_keys")]

    operations: ClassVar = [AddIndexConcurrently("customer", GinIndex(NameKeys("name"), name="customer_name_keys"))]

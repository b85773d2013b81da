"""Mobiles are found by their last digits."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Collate, Reverse


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("customers", "0004_customer_name_keys")]

    operations: ClassVar = [
        AddIndexConcurrently("customer", models.Index(Collate(Reverse("mobile"), "C"), name="customer_mobile_tail"))
    ]

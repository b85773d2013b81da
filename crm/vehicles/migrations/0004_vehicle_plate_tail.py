"""Plates are found by their last characters."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Collate, Reverse


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("vehicles", "0003_document_details")]

    operations: ClassVar = [
        AddIndexConcurrently("vehicle", models.Index(Collate(Reverse("plate"), "C"), name="vehicle_plate_tail"))
    ]

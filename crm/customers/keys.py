"""The key that a name is found by, as the database works it out: an index is made of it, so no name lacks its own."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class NameKeys(models.Func):
    """The pairs of characters and of pinyin initials in a name (``tenants/migrations/0006_name_keys.py``)."""

    function = "public.sanfang_name_keys"
    output_field = ArrayField(models.TextField())

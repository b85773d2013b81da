"""What was sent in, so that the same sending is carried out once."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.tenancy.models import TenantModel


class Receipt(TenantModel):
    """A sending under its idempotency key. ``token``: the key's owner, a token's id in the public schema.

    ``digest`` is of address and body: the same key with another body is refused. ``import_id``: the import that
    carries it out, made in the same transaction. ``status`` and ``answer``: what was answered; empty while it is
    being carried out, and for a sender who was cut off before.
    """

    token = models.UUIDField()
    key = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    import_id = models.UUIDField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("接收回执")
        constraints: ClassVar = [models.UniqueConstraint(fields=["token", "key"], name="one_receipt_a_key")]

"""Three books, each one table for all kinds of things in a tenant."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.tenancy.models import Staff, TenantModel
from sanfang.tenancy.querysets import TenantManager


class History(models.Model):
    """Each change to a tracked row: who, when, which columns, old and new. Written by triggers only.

    ``change`` is ``+``, ``~`` or ``-``; for ``~`` the values hold the changed columns alone. ``actor`` is a
    staff id, empty when the machine did it.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor = models.UUIDField(null=True)
    request = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=63)
    object = models.UUIDField()
    change = models.CharField(max_length=1)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    objects = TenantManager()

    class Meta:
        db_table = "audit_history"
        indexes: ClassVar = [models.Index(fields=["object", "-id"], name="history_of_object")]


class Access(TenantModel):
    """Someone looked at personal data that is masked by default (threat model, "reveals")."""

    at = models.DateTimeField()
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    what = models.CharField(_("内容"), max_length=40)
    model = models.CharField(max_length=63)
    object = models.UUIDField()
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["object", "-at"], name="access_to_object")]


class Event(TenantModel):
    """What happened to a thing, in words of the domain: the "why" beside the history's "what".

    ``kind`` is ``<thing>.<verb>``; ``data`` holds what a sentence about it needs, no phone numbers.
    """

    at = models.DateTimeField()
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=60)
    model = models.CharField(max_length=63)
    object = models.UUIDField()
    data = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["object", "-at"], name="events_of_object")]

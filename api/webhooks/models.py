"""Where a store's events are told, and each telling: the outbox is the log."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.tenancy.models import Staff, TenantModel


class Endpoint(TenantModel):
    """An address of the store's choice. ``kinds``: what it is told of, as events.yaml names it; ``listens``: the same
    in our own events' names, for the trigger that writes the letters.

    ``secret`` and ``old_secret`` are sealed; the old one signs too until ``old_until``. ``failing_since``: the first
    failure after the last success.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("启用")
        OFF = "off", _("停用")
        FAILED = "failed", _("多次失败，已停用")

    url = models.CharField(_("地址"), max_length=500)
    kinds = models.JSONField(default=list)
    listens = models.JSONField(default=list)
    secret = models.TextField()
    old_secret = models.TextField(blank=True)
    old_until = models.DateTimeField(null=True)
    state = models.CharField(_("状态"), max_length=6, choices=State, default=State.ACTIVE)
    failing_since = models.DateTimeField(null=True)
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Webhook 地址")

    def __str__(self) -> str:
        return self.url


class Letter(TenantModel):
    """One event for one endpoint: written by a trigger with the event itself, sent by a task, kept as the log.

    ``event`` is our kind, ``thing`` what it is about. ``tries`` lists what happened: at, status or error,
    milliseconds. ``next_at``: when it is tried (again); also a lease for the task that is trying.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("等待发送")
        DELIVERED = "delivered", _("已送达")
        FAILED = "failed", _("未送达")

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="letters")
    event = models.CharField(max_length=60)
    thing = models.UUIDField()
    at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    tries = models.JSONField(default=list)

    class Meta:
        verbose_name = _("Webhook 发送")
        indexes: ClassVar = [
            models.Index(fields=["next_at"], condition=models.Q(state="waiting"), name="letters_to_send"),
        ]

"""Views of the queue that people keep, and customers that one colleague asks another for."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.tenancy.models import Staff, TenantModel


class SavedView(TenantModel):
    """A way to look at the queue, under a name. ``selection``: filter, rules, whose, sort and columns, as the address
    has them. ``shared``: for all who see the queue; ``locked``: only those who may lock change it."""

    name = models.CharField(_("名称"), max_length=40)
    owner = models.ForeignKey(Staff, models.PROTECT, related_name="saved_views")
    shared = models.BooleanField(_("共享"), default=False)
    locked = models.BooleanField(_("锁定"), default=False)
    selection = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    class Meta:
        verbose_name = _("视图")
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "name"], name="one_view_a_name")]

    def __str__(self) -> str:
        return self.name


class HandoverRequest(TenantModel):
    """``asked_by`` asks ``holder`` for a customer whom ``holder`` has in hand. Open until it is answered, or the
    customer is with ``holder`` no more."""

    class Answer(models.TextChoices):
        OPEN = "", _("等待回复")
        ACCEPTED = "accepted", _("已交接")
        DECLINED = "declined", _("未同意")

    follow_up = models.ForeignKey("followups.FollowUp", models.CASCADE, related_name="+")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    asked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    holder = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=8, choices=Answer, blank=True, default="")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("交接请求")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "asked_by"], condition=models.Q(answer=""), name="one_open_request_each"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["holder"], condition=models.Q(answer=""), name="requests_to_answer"),
        ]

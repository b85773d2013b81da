"""How this dealership works: one row per tenant. Its name, phone and time zone stand in the tenant itself."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.tenancy.models import TenantModel


class Store(TenantModel):
    """``pack`` and ``pack_version``: the one standard that is followed, in one version (handbook §14).

    ``go_live``: what happened before asks for nothing. ``opening_hours``: null, one day's hours for every
    day, or hours by weekday, as in a simulation's file; ``closed_days``: ISO dates. ``hold_minutes``: how
    long a customer stays with the specialist who opened the call and then did nothing. ``changed_at`` moves
    with every setting that the planner reads: whatever was planned before is planned again.
    """

    only = models.BooleanField(default=True, unique=True, editable=False)
    pack = models.CharField(_("标准"), max_length=40)
    pack_version = models.CharField(_("标准版本"), max_length=20)
    go_live = models.DateField(_("启用日期"))
    opening_hours = models.JSONField(_("营业时间"), null=True, blank=True)
    closed_days = models.JSONField(_("休息日"), default=list, blank=True)
    hold_minutes = models.PositiveSmallIntegerField(_("通话占用时长（分钟）"), default=20)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("门店设置")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(only=True), name="one_store_a_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.pack} {self.pack_version}"

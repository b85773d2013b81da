"""How this dealership works: one row per tenant. Its name, phone and time zone stand in the tenant itself."""

import secrets
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.tenancy.models import TenantModel

LARGEST_SEED = 2**31 - 1


def fresh_seed() -> int:
    return secrets.randbelow(LARGEST_SEED) + 1


class Store(TenantModel):
    """``pack`` and ``pack_version``: the one standard that is followed, in one version (handbook §14).

    ``standard_since``: the day from which that standard asks for calls; None is since go-live. What an earlier one
    asked for stays as it was. ``draw_seed``: of the weekly draw of lost leads, the store's own, so that nobody can
    reckon out beforehand who will be drawn, and anybody can afterwards.

    ``go_live``: what happened before asks for nothing. ``opening_hours``: null, one day's hours for every
    day, or hours by weekday, as in a simulation's file; ``closed_days``: ISO dates. ``hold_minutes``: how
    long a customer stays with the specialist who opened the call and then did nothing. ``changed_at`` moves
    with every setting that the planner reads: whatever was planned before is planned again.
    """

    only = models.BooleanField(default=True, unique=True, editable=False)
    pack = models.CharField(_("标准"), max_length=40)
    pack_version = models.CharField(_("标准版本"), max_length=20)
    standard_since = models.DateField(_("本标准启用日期"), null=True, blank=True)
    draw_seed = models.IntegerField(_("抽取种子"), default=fresh_seed, db_default=0)
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

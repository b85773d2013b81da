"""Rows of the lists that a store calls from (handbook §2, last point)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.tenancy.models import Staff, TenantModel


class Lead(TenantModel):
    """A row of a list: on ``day`` this customer was lost to a rival, put on the lost list, or met in the street.

    One table for the three kinds, as they say the same things and are imported, undone and exported alike.
    ``number`` is the file's own number, else made from who, which car and which day, so that the same row is
    known again. ``vehicle`` is the car that a lost customer stays away with; a lost lead has none. ``cancelled``
    rows stay, but ask for nothing. ``source`` is the import that last changed it. ``wanted_model``, ``level``:
    what they were looking for and how near they were (H/A/B/C); ``rival``: what they bought instead.
    """

    class Kind(models.TextChoices):
        LOST_LEAD = "lost_leads", _("战败记录")
        LOST_LIST = "lost_list", _("流失名单")
        CANVASSING = "canvassing", _("扫街登记")

    kind = models.CharField(_("类型"), max_length=10, choices=Kind)
    number = models.CharField(_("编号"), max_length=60)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="leads")
    vehicle = models.ForeignKey("vehicles.Vehicle", models.SET_NULL, null=True, related_name="leads")
    day = models.DateField(_("日期"))
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="leads", verbose_name=_("负责人"))
    wanted_model = models.CharField(_("意向车型"), max_length=120, blank=True)
    level = models.CharField(_("意向级别"), max_length=20, blank=True)
    reason = models.CharField(_("原因"), max_length=300, blank=True)
    rival = models.CharField(_("购买竞品"), max_length=120, blank=True)
    remark = models.CharField(_("备注"), max_length=500, blank=True)
    cancelled = models.BooleanField(_("已作废"), default=False)
    details = models.JSONField(default=dict)
    source = models.UUIDField(null=True)
    imported_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("名单")
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "number"], name="one_lead_a_number")]

    def __str__(self) -> str:
        return self.number

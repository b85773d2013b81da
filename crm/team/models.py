"""Deputies 代理 (handbook §1): who does whose work while somebody is away."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.tenancy.models import Staff, TenantModel


class Deputy(TenantModel):
    """``deputy`` does ``absent``'s open work from ``first_day`` to ``last_day``, both inclusive, in the store's zone.

    Nothing is moved: whose work a call is stays with the call, and who does it now follows from these rows and the
    time (:mod:`crm.team.duty`). So it comes back by itself. ``ended_at``: the absent person was back earlier.
    """

    absent = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False, verbose_name=_("不在岗的人"))
    deputy = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False, verbose_name=_("代理人"))
    first_day = models.DateField(_("第一天"))
    last_day = models.DateField(_("最后一天"))
    reason = models.CharField(_("原因"), max_length=60, blank=True)
    made_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("代理")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(last_day__gte=models.F("first_day")), name="deputy_for_a_day"),
            models.CheckConstraint(condition=~models.Q(absent=models.F("deputy")), name="deputy_is_another"),
        ]

    def __str__(self) -> str:
        return f"{self.absent_id} {self.first_day}"

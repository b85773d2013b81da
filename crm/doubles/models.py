"""Two customer files that may be one person's, and what was decided about them."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.tenancy.models import Staff, TenantModel


class Pair(TenantModel):
    """``first`` and ``second`` are customer ids in their order; no constraint, for a merged one is gone.

    ``found``: to be looked at; ``reasons`` are words of :mod:`crm.doubles.finding`. ``different``: somebody said that
    they are two, and it isn't asked again. ``merged``: one file is left, of customer ``kept``; ``aliases`` is what both
    said before ({name, number, mobile, landline}), so that the next file from the DMS finds the one and doesn't
    make the other again. ``journal_after``, ``journal_until``: the part of the history in which the merge lies, under
    this row's id as its request. ``apart``: merged once and taken apart again.
    """

    class State(models.TextChoices):
        FOUND = "found", _("待查看")
        DIFFERENT = "different", _("不是同一人")
        MERGED = "merged", _("已合并")
        APART = "apart", _("已拆开")

    first = models.UUIDField()
    second = models.UUIDField()
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.FOUND)
    reasons = models.JSONField(default=list)
    found_at = models.DateTimeField()
    by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(null=True)
    kept = models.UUIDField(null=True)
    aliases = models.JSONField(default=list)
    journal_after = models.BigIntegerField(null=True)
    journal_until = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("疑似重复客户")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="one_row_a_pair"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="pairs_in_order"),
        ]

"""Calls drawn for a check, and what came of it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.tenancy.models import Staff, TenantModel


class Check(TenantModel):
    """One call that is read or listened to against its script. Made when it is drawn, filled in when it is checked.

    ``drawn_of``: the month, as its first day, of whose calls it was drawn; with ``seed`` the draw can be repeated
    (:mod:`crm.checks.draw`). ``points``: item of the checklist → met, not met or None (didn't come up); ``version``:
    of the checklist. ``passed`` is kept as it was judged: a later checklist never changes it. ``seen_at``: when the
    person whose call it was opened the result.
    """

    attempt = models.OneToOneField("followups.Attempt", models.CASCADE, related_name="audited")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False, verbose_name=_("拨打人"))
    drawn_of = models.DateField()
    seed = models.PositiveIntegerField()
    drawn_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    drawn_at = models.DateTimeField()
    recording = models.CharField(_("录音编号或链接"), max_length=300, blank=True)
    checker = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    checked_at = models.DateTimeField(null=True)
    version = models.CharField(max_length=10, blank=True)
    points = models.JSONField(default=dict)
    score = models.PositiveSmallIntegerField(null=True)
    passed = models.BooleanField(null=True)
    comment = models.TextField(_("给专员的话"), max_length=1000, blank=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("抽检")
        indexes: ClassVar = [models.Index(fields=["staff", "-drawn_of"], name="checks_of_person")]

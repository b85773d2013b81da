"""Complaints 投诉单 (handbook §7). This far: registered, and the customer contacted for the first time."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sanfang.tenancy.models import Staff, TenantModel


class Channel(models.TextChoices):
    """How a complaint reached the store."""

    CALLBACK = "callback", pgettext_lazy("complaint channel", "回访")
    SURVEY = "survey", _("问卷")
    HOTLINE = "hotline", _("来电")
    COUNTER = "counter", _("到店")
    WEB = "web", _("网络")
    OEM = "oem", _("主机厂")


class Severity(models.TextChoices):
    """Field notes §1.6: a repeated complaint or a threat to go further raises it; injury, media, law are major."""

    ORDINARY = "ordinary", _("一般")
    RAISED = "raised", _("升级")
    MAJOR = "major", _("重大")


class State(models.TextChoices):
    REGISTERED = "registered", _("待首次联系")
    CONTACTED = "contacted", _("已首次联系")


class Complaint(TenantModel):
    """What a customer is dissatisfied with.

    ``contact_due`` is worked out once, when the complaint is registered, with the calendar and the pack of that
    moment: a later change of either never rewrites it. Whether the clock is met or broken follows from
    ``contact_due``, ``contacted_at`` and the time (:mod:`crm.complaints.clock`) and is stored nowhere.
    ``registered_by`` is empty when the customer did it, by a survey link.
    """

    number = models.CharField(_("投诉单号"), max_length=20, unique=True)
    title = models.CharField(_("投诉主题"), max_length=120)
    text = models.TextField(_("投诉内容"), blank=True)
    channel = models.CharField(_("渠道"), max_length=10, choices=Channel)
    severity = models.CharField(_("等级"), max_length=10, choices=Severity, default=Severity.ORDINARY)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="complaints")
    vehicle = models.ForeignKey("vehicles.Vehicle", models.PROTECT, null=True, related_name="complaints")
    repair_order = models.ForeignKey("vehicles.RepairOrder", models.PROTECT, null=True, related_name="complaints")
    follow_up_id = models.UUIDField(null=True, db_index=True)
    owner = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("负责人"))
    registered_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人"))
    registered_at = models.DateTimeField(_("登记时间"))
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.REGISTERED)
    contact_minutes = models.PositiveIntegerField()
    contact_due = models.DateTimeField(_("首次联系时限"))
    contacted_at = models.DateTimeField(_("首次联系时间"), null=True)
    contacted_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    contact_note = models.TextField(_("首次联系记录"), blank=True)

    class Meta:
        verbose_name = _("投诉单")
        indexes: ClassVar = [
            models.Index(fields=["state", "contact_due"], name="complaints_by_clock"),
            models.Index(fields=["customer", "-registered_at"], name="complaints_of_customer"),
        ]

    def __str__(self) -> str:
        return self.number


class NumberSeries(TenantModel):
    """The last complaint number given out in a month (``month`` is yymm in the store's zone)."""

    month = models.CharField(max_length=4, unique=True)
    last = models.PositiveIntegerField()

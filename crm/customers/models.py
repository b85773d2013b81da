"""Customer files (handbook §2)."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Collate, Reverse
from django.utils.translation import gettext_lazy as _

from crm.customers.keys import NameKeys
from sanfang.tenancy.models import Staff, TenantModel


class Gender(models.TextChoices):
    UNKNOWN = "", _("未知")
    MALE = "male", _("男")
    FEMALE = "female", _("女")


class MobileState(models.TextChoices):
    """What we know of a number. A wrong one is never dialled again, and never comes back by a file."""

    UNVERIFIED = "unverified", _("未核实")
    VERIFIED = "verified", _("已核实")
    WRONG = "wrong", _("错误")


class Customer(TenantModel):
    """A person or a company that bought here or had a car repaired here.

    ``name`` is the full name as one field, surname first. ``mobile`` is 11 digits or empty. ``number`` is the
    DMS's 客户编号/车主编号 where the file had one.
    """

    number = models.CharField(_("客户编号"), max_length=40, blank=True)
    name = models.CharField(_("姓名"), max_length=120)
    form_of_address = models.CharField(_("称呼"), max_length=10, blank=True)
    company = models.BooleanField(_("单位"), default=False)
    gender = models.CharField(_("性别"), max_length=6, choices=Gender, blank=True, default=Gender.UNKNOWN)
    birthday = models.DateField(_("生日"), null=True, blank=True)
    mobile = models.CharField(_("手机"), max_length=11, blank=True)
    mobile_state = models.CharField(max_length=10, choices=MobileState, default=MobileState.UNVERIFIED)
    landline = models.CharField(_("固定电话"), max_length=40, blank=True)
    address = models.CharField(_("地址"), max_length=300, blank=True)
    do_not_call = models.BooleanField(_("不接受回访"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("客户")
        indexes: ClassVar = [
            models.Index(fields=["mobile", "name"], name="customer_match"),
            # What the search box finds people by (crm.customers.search).
            GinIndex(NameKeys("name"), name="customer_name_keys"),
            models.Index(Collate(Reverse("mobile"), "C"), name="customer_mobile_tail"),
        ]

    def __str__(self) -> str:
        return self.name


class Consent(TenantModel):
    """A customer's yes or no to one purpose; the newest row for a purpose holds (field notes §1.2)."""

    class Purpose(models.TextChoices):
        CALLS = "calls", _("电话回访")
        MESSAGES = "messages", _("短信")
        OEM = "oem", _("与主机厂共享")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=10, choices=Purpose)
    granted = models.BooleanField()
    at = models.DateTimeField()
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    evidence = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["customer", "purpose", "-at"], name="newest_consent")]


class TrackingItem(TenantModel):
    """Wrong data found on a call, on its way to the one who can put it right (客户信息跟踪, handbook §2).

    ``wrong_value`` stays: the same wrong number must never come up for this customer again, so the importer
    and the call screen ask here (:func:`crm.customers.queries.known_wrong`). ``vehicle`` is the car the call was
    about. A correction that turns out wrong as well ends as ``rejected``, and its value gets an item of its own.
    """

    class State(models.TextChoices):
        OPEN = "open", _("待更正")
        CORRECTED = "corrected", _("已更正，待核实")
        VERIFIED = "verified", _("已核实")
        REJECTED = "rejected", _("更正有误")

    class Field(models.TextChoices):
        MOBILE = "mobile", _("手机")
        NAME = "name", _("姓名")
        OWNER = "owner", _("车主")
        OTHER = "other", _("其他")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="tracking_items")
    vehicle = models.ForeignKey("vehicles.Vehicle", models.SET_NULL, null=True, related_name="+")
    field = models.CharField(max_length=10, choices=Field, default=Field.MOBILE)
    wrong_value = models.CharField(_("错误信息"), max_length=120)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    found_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    found_at = models.DateTimeField()
    owner = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="tracking_items")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    corrected_value = models.CharField(_("更正为"), max_length=120, blank=True)
    corrected_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "field", "wrong_value"], name="one_item_per_wrong_value")
        ]
        indexes: ClassVar = [models.Index(fields=["state", "-found_at"], name="open_tracking")]

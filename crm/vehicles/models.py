"""Vehicles and what was done with them here: deliveries and repair orders (handbook §2, dms-files)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Collate, Reverse
from django.utils.translation import gettext_lazy as _

from sanfang.tenancy.models import Staff, TenantModel


class Vehicle(TenantModel):
    """A car, known by its VIN. ``next_service_*`` and ``insurance_until`` come from the DMS and override estimates."""

    vin = models.CharField("VIN", max_length=17, unique=True)
    plate = models.CharField(_("车牌号"), max_length=12, blank=True, db_index=True)
    brand = models.CharField(_("品牌"), max_length=60, blank=True)
    series = models.CharField(_("车系"), max_length=60, blank=True)
    model = models.CharField(_("车型"), max_length=120, blank=True)
    colour = models.CharField(_("颜色"), max_length=40, blank=True)
    engine_number = models.CharField(_("发动机号"), max_length=40, blank=True)
    sold_on = models.DateField(_("销售日期"), null=True, blank=True)
    next_service_on = models.DateField(_("下次保养日期"), null=True, blank=True)
    next_service_km = models.PositiveIntegerField(_("下次保养里程"), null=True, blank=True)
    insurance_until = models.DateField(_("保险到期日"), null=True, blank=True)
    inspection_due = models.DateField(_("年检到期日"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("车辆")
        # People know the end of a plate and of a VIN (crm.vehicles.search).
        indexes: ClassVar = [
            models.Index(Collate(Reverse("plate"), "C"), name="vehicle_plate_tail"),
            models.Index(Collate(Reverse("vin"), "C"), name="vehicle_vin_tail"),
        ]

    def __str__(self) -> str:
        return self.plate or self.vin

    @property
    def title(self) -> str:
        """What staff call the car: series and model without saying the same twice."""
        return self.model if self.series in self.model else f"{self.series} {self.model}".strip()


class Ownership(TenantModel):
    """Who had the car from when until when; ``until`` empty is the owner now."""

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="ownerships")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="ownerships")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["vehicle"], condition=models.Q(until__isnull=True), name="one_owner_now")
        ]


class Document(TenantModel):
    """What deliveries and repair orders share: a DMS document with a number of its own.

    ``cancelled`` documents stay, but count nowhere. ``imported_at`` is when it first arrived;
    ``source`` the import that last changed it (a ``dms.ImportRun`` id, no constraint across apps).
    ``details`` keeps what the DMS says beyond our columns, by the names of :mod:`crm.dms.records`.
    """

    number = models.CharField(_("单号"), max_length=60, unique=True)
    vehicle = models.ForeignKey(Vehicle, models.CASCADE)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, null=True)
    cancelled = models.BooleanField(_("已作废"), default=False)
    internal = models.BooleanField(_("内部单据"), default=False)
    remark = models.CharField(_("备注"), max_length=500, blank=True)
    details = models.JSONField(default=dict)
    source = models.UUIDField(null=True)
    imported_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Delivery(Document):
    """A car handed over to its buyer. ``delivered_on`` (交车日期) empty: sold, but not yet handed over."""

    delivered_on = models.DateField(_("交车日期"), null=True, blank=True)
    ordered_on = models.DateField(_("销售日期"), null=True, blank=True)
    invoiced_on = models.DateField(_("开票日期"), null=True, blank=True)
    consultant = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="deliveries", verbose_name=_("销售顾问")
    )
    price = models.DecimalField(_("开票价格"), max_digits=12, decimal_places=2, null=True)

    class Meta:
        verbose_name = _("交车")
        default_related_name = "deliveries"
        indexes: ClassVar = [models.Index(fields=["vehicle", "delivered_on"], name="delivery_of_vehicle")]


class RepairOrder(Document):
    """A workshop order 维修工单. ``closed_at`` is when the car left (出厂/交车); empty: still in the shop."""

    class Kind(models.TextChoices):
        REPAIR = "repair", _("一般维修")
        SERVICE = "service", _("定保")
        FIRST_SERVICE = "first_service", _("首保")
        WARRANTY = "warranty", _("索赔")

    kind = models.CharField(_("维修类型"), max_length=13, choices=Kind)
    opened_at = models.DateTimeField(_("开单时间"))
    closed_at = models.DateTimeField(_("出厂时间"), null=True, blank=True)
    promised_at = models.DateTimeField(_("预交车时间"), null=True, blank=True)
    mileage = models.PositiveIntegerField(_("进厂里程"), null=True, blank=True)
    advisor = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="repair_orders", verbose_name=_("服务顾问")
    )
    technician = models.CharField(_("维修技师"), max_length=60, blank=True)
    sender_name = models.CharField(_("送修人"), max_length=120, blank=True)
    sender_mobile = models.CharField(_("送修人手机"), max_length=11, blank=True)
    fault = models.CharField(_("故障描述"), max_length=1000, blank=True)
    work_items = models.JSONField(_("维修项目"), default=list)
    amount = models.DecimalField(_("维修金额"), max_digits=12, decimal_places=2, null=True)
    claim = models.BooleanField(_("索赔"), null=True)

    class Meta:
        verbose_name = _("维修工单")
        default_related_name = "repair_orders"
        indexes: ClassVar = [
            models.Index(fields=["vehicle", "opened_at"], name="order_of_vehicle"),
            models.Index(fields=["customer", "-opened_at"], name="order_of_customer"),
        ]

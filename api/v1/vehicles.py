"""Vehicles with their owner of now; VIN and plate masked unless the token's scope says otherwise."""

from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from api.v1 import masking
from api.v1.filters import VehicleFilter, described
from api.v1.reading import ListView, OneView
from api.v1.schema import one_of, page_of
from crm.vehicles.models import Vehicle
from crm.vehicles.policy import vehicles


class VehicleSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    masked = serializers.BooleanField(help_text="Whether VIN, plate and engine number are masked or left out")
    vin = serializers.CharField()
    plate = serializers.CharField()
    brand = serializers.CharField()
    series = serializers.CharField()
    model = serializers.CharField()
    colour = serializers.CharField()
    engine_number = serializers.CharField(allow_null=True)
    owner_id = serializers.UUIDField(allow_null=True, help_text="The customer who has it now")
    sold_on = serializers.DateField(allow_null=True)
    next_service_on = serializers.DateField(allow_null=True)
    next_service_km = serializers.IntegerField(allow_null=True)
    insurance_until = serializers.DateField(allow_null=True)
    inspection_due = serializers.DateField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class VehiclePage(serializers.Serializer[Any]):
    items = VehicleSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Cursor of the next page")


PLAIN = [name for name in VehicleSerializer._declared_fields if name != "masked"]


def shown(row: Vehicle, clear: bool) -> dict[str, Any]:
    plain: dict[str, Any] = {name: getattr(row, name) for name in PLAIN}
    if clear:
        return {**plain, "masked": False}
    hidden = {"vin": masking.vin(row.vin), "plate": masking.plate(row.plate), "engine_number": None}
    return {**plain, "masked": True, **hidden}


def with_owner(rows: QuerySet[Vehicle]) -> QuerySet[Any]:
    """At most one has a car now, so no car comes twice."""
    now = FilteredRelation("ownerships", condition=Q(ownerships__until=None))
    return rows.annotate(ownership_now=now).annotate(owner_id=F("ownership_now__customer_id"))


@extend_schema_view(
    get=extend_schema(
        operation_id="vehicles",
        description="Scope `read:vehicles`; in clear with `reveal:customers`.",
        summary="Vehicles in the order of change",
        parameters=described(VehicleFilter),
        responses=page_of(VehiclePage),
    )
)
class Vehicles(ListView):
    scope, policy, filters, serializer = "read:vehicles", vehicles, VehicleFilter, VehicleSerializer
    shown, beside = staticmethod(shown), staticmethod(with_owner)


@extend_schema_view(
    get=extend_schema(
        operation_id="vehicle",
        description="Scope `read:vehicles`; in clear with `reveal:customers`.",
        summary="One vehicle",
        responses=one_of(VehicleSerializer),
    )
)
class OneVehicle(OneView):
    scope, policy, serializer = "read:vehicles", vehicles, VehicleSerializer
    shown, beside = staticmethod(shown), staticmethod(with_owner)

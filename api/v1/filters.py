"""What lists can be narrowed by. Every parameter of every list is one of these."""

from datetime import datetime
from typing import Any, ClassVar

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter

from api.scopes import REVEAL
from api.v1.moments import moment
from crm.customers.models import Customer
from crm.followups.models import FollowUp, State
from crm.vehicles.models import Vehicle


class MomentField(forms.CharField):
    def to_python(self, value: Any) -> datetime | None:  # type: ignore[override]
        text = super().to_python(value)
        try:
            return moment(text) if text else None
        except ValueError:
            raise forms.ValidationError(_("请写成带时区的时刻，例如 2026-03-02T09:00:00+08:00。")) from None

    def run_validators(self, value: Any) -> None:
        """None is left for texts."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


class Moment(filters.Filter):
    field_class = MomentField


class Yes(filters.ChoiceFilter):
    """``true`` or ``false``, and nothing else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices=[("true", "true"), ("false", "false")], **kwargs)

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{str(self.field_name): value == "true"}) if value else qs


class Changed(filters.FilterSet):
    """``clear_only``: to look somebody up by what is masked would be to guess it."""

    clear_only: ClassVar[frozenset[str]] = frozenset()
    updated_since = Moment(field_name="updated_at", lookup_expr="gte", label="Changed at or after this moment")


class CustomerFilter(Changed):
    clear_only = frozenset({"mobile", "name"})
    number = filters.CharFilter(max_length=40, label="The DMS's customer number")
    name = filters.CharFilter(max_length=120, label=f"The whole name; needs {REVEAL}")
    mobile = filters.CharFilter(max_length=11, label=f"The whole number; needs {REVEAL}")
    do_not_call = Yes(label="Whether they want no calls")

    class Meta:
        model = Customer
        fields: ClassVar[list[str]] = []


class VehicleFilter(Changed):
    clear_only = frozenset({"plate"})
    vin = filters.CharFilter(max_length=17, label="The whole VIN")
    plate = filters.CharFilter(max_length=12, label=f"The whole plate; needs {REVEAL}")
    owner = filters.UUIDFilter(field_name="owner_id", label="Id of the customer who has it now")

    class Meta:
        model = Vehicle
        fields: ClassVar[list[str]] = []


class FollowUpFilter(Changed):
    state = filters.ChoiceFilter(choices=State.choices, label="How it stands")
    rule = filters.CharFilter(max_length=40, label="The rule of the store's standard that asks for it")
    customer = filters.UUIDFilter(field_name="customer_id", label="Id of a customer")
    vehicle = filters.UUIDFilter(field_name="vehicle_id", label="Id of a vehicle")
    due_before = Moment(field_name="due", lookup_expr="lt", label="Due before this moment")
    due_since = Moment(field_name="due", lookup_expr="gte", label="Due at or after this moment")

    class Meta:
        model = FollowUp
        fields: ClassVar[list[str]] = []


def described(kind: type[Changed]) -> list[OpenApiParameter]:
    """For the schema: every filter, then those of paging."""
    return [_described(name, one) for name, one in kind.base_filters.items()] + [
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}),
        OpenApiParameter(
            "cursor",
            {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
            description="`next` of the page before, as it is",
        ),
    ]


def _described(name: str, one: filters.Filter) -> OpenApiParameter:
    form: dict[str, Any] = {"type": "string"}
    if isinstance(one, Moment):
        form["format"] = "date-time"
    elif isinstance(one, filters.UUIDFilter):
        form["format"] = "uuid"
    elif isinstance(one, Yes):
        form = {"type": "boolean"}
    elif isinstance(one, filters.ChoiceFilter):
        form["enum"] = [value for value, _label in one.extra["choices"]]
    elif "max_length" in one.extra:
        form["maxLength"] = one.extra["max_length"]
    return OpenApiParameter(name, form, description=str(one.label))

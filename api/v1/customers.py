"""Customers, masked unless the token's scope says otherwise."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from api.v1 import masking
from api.v1.filters import CustomerFilter, described
from api.v1.reading import ListView, OneView
from api.v1.schema import one_of, page_of
from crm.customers.models import Customer, Gender, MobileState
from crm.customers.policy import customers
from sanfang.messaging.numbers import masked_mobile


class CustomerSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    masked = serializers.BooleanField(help_text="Whether the personal fields below are masked or left out")
    number = serializers.CharField(help_text="The DMS's customer number; may be empty")
    name = serializers.CharField()
    form_of_address = serializers.CharField()
    company = serializers.BooleanField()
    gender = serializers.ChoiceField(choices=Gender.choices, allow_null=True, allow_blank=True)
    birthday = serializers.DateField(allow_null=True)
    mobile = serializers.CharField()
    mobile_state = serializers.ChoiceField(choices=MobileState.choices)
    landline = serializers.CharField()
    address = serializers.CharField(allow_null=True)
    do_not_call = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


PLAIN = [name for name in CustomerSerializer._declared_fields if name != "masked"]


def shown(row: Customer, clear: bool) -> dict[str, Any]:
    plain: dict[str, Any] = {name: getattr(row, name) for name in PLAIN}
    if clear:
        return {**plain, "masked": False}
    return {
        **plain,
        "masked": True,
        "name": row.name if row.company else masking.name(row.name),
        "gender": None,
        "birthday": None,
        "mobile": masked_mobile(row.mobile),
        "landline": masking.number(row.landline),
        "address": None,
    }


class CustomerPage(serializers.Serializer[Any]):
    items = CustomerSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Cursor of the next page")


@extend_schema_view(
    get=extend_schema(
        operation_id="customers",
        description="Scope `read:customers`; in clear with `reveal:customers`.",
        summary="Customers in the order of change",
        parameters=described(CustomerFilter),
        responses=page_of(CustomerPage),
    )
)
class Customers(ListView):
    scope, policy, filters, serializer = "read:customers", customers, CustomerFilter, CustomerSerializer
    shown = staticmethod(shown)


@extend_schema_view(
    get=extend_schema(
        operation_id="customer",
        description="Scope `read:customers`; in clear with `reveal:customers`.",
        summary="One customer",
        responses=one_of(CustomerSerializer),
    )
)
class OneCustomer(OneView):
    scope, policy, serializer = "read:customers", customers, CustomerSerializer
    shown = staticmethod(shown)

"""Follow-ups: what the standard asks for and what came of it. Who the customer is stands with the customer."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from api.v1.filters import FollowUpFilter, described
from api.v1.reading import ListView, OneView
from api.v1.schema import one_of, page_of
from crm.followups.models import FollowUp, State
from crm.followups.policy import callbacks


class FollowUpSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    rule = serializers.CharField(help_text="The rule of the standard that asks for it")
    pack = serializers.CharField(help_text="The standard")
    pack_version = serializers.CharField()
    trigger_kind = serializers.CharField(help_text="What it follows: a delivery, a repair order, a complaint …")
    trigger_on = serializers.DateField()
    customer_id = serializers.UUIDField()
    vehicle_id = serializers.UUIDField(allow_null=True)
    channel = serializers.CharField()
    opens = serializers.DateTimeField()
    due = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=State.choices)
    attempts = serializers.IntegerField()
    promised_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField()


class FollowUpPage(serializers.Serializer[Any]):
    items = FollowUpSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Cursor of the next page")


def shown(row: FollowUp, clear: bool) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FollowUpSerializer._declared_fields}


@extend_schema_view(
    get=extend_schema(
        operation_id="follow_ups",
        description="Scope `read:follow-ups`.",
        summary="Follow-ups in the order of change",
        parameters=described(FollowUpFilter),
        responses=page_of(FollowUpPage),
    )
)
class FollowUps(ListView):
    scope, policy, filters, serializer = "read:follow-ups", callbacks, FollowUpFilter, FollowUpSerializer
    personal, shown = False, staticmethod(shown)


@extend_schema_view(
    get=extend_schema(
        operation_id="follow_up",
        description="Scope `read:follow-ups`.",
        summary="One follow-up",
        responses=one_of(FollowUpSerializer),
    )
)
class OneFollowUp(OneView):
    scope, policy, serializer = "read:follow-ups", callbacks, FollowUpSerializer
    personal, shown = False, staticmethod(shown)

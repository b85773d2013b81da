"""A machine asks what its own token is good for: the first request of whoever sets up an integration."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.v1.views import ApiView


class TokenSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="The part of the token that may be shown")
    store = serializers.CharField(help_text="The dealership's name")
    scopes = serializers.ListField(child=serializers.CharField(), help_text="What it may do now")
    expires_at = serializers.DateTimeField()


class OwnToken(ApiView):
    scope = ""

    @extend_schema(
        operation_id="token", description="Any token.", summary="What this token is good for", responses=TokenSerializer
    )
    def get(self, request: Request) -> Response:
        found = {
            "name": self.token.name,
            "prefix": self.token.prefix,
            "store": request._request.tenant.name,  # type: ignore[attr-defined]
            "scopes": sorted(request._request.scopes),  # type: ignore[attr-defined]
            "expires_at": self.token.expires_at,
        }
        return Response(TokenSerializer(found).data)

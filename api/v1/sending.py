"""Deliveries, repair orders and lists, sent in by the hundreds: the rules are those of files."""

import hashlib
import re
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import problems
from api.intake.actions import StillAtIt, cancel, take_in
from api.intake.limits import limits
from api.intake.queries import account, is_over, sent_import
from api.intake.rows import Unreadable, Wrong, parsed, rows_of
from api.v1.refusals import Refused
from api.v1.schema import body_of
from api.v1.views import ApiView
from crm.dms.fields import LISTS, Kind
from crm.dms.queries import ImportRun
from crm.dms.states import State

SCOPES: dict[str, str] = {
    "deliveries": "write:deliveries",
    "repair_orders": "write:orders",
    **dict.fromkeys(map(str, LISTS), "write:lists"),
}
KEY = re.compile(r"[\x21-\x7e]{1,100}")
JSON = "application/json"


class RefusalSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="Its place in the body, from 0")
    reason = serializers.CharField(help_text="What is wrong and what to do, in the sender's language")


class RemarkSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="Its place in the body, from 0")
    column = serializers.CharField()
    remark = serializers.CharField()


class ImportSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)
    done = serializers.IntegerField(help_text="Rows so far")
    rows = serializers.IntegerField(help_text="Rows in all; 0 while it isn't known")
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    same = serializers.IntegerField()
    refused = serializers.IntegerField()
    message = serializers.CharField()
    refusals = RefusalSerializer(many=True, help_text="The first 1,000 refused rows; all others were taken in")
    remarks = RemarkSerializer(many=True, help_text="The first 100 remarks on rows that were taken in")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class Sending(ApiView):
    """``kind`` names the rules; a row's fields are a file's columns."""

    kind: ClassVar[Kind]

    def post(self, request: Request) -> HttpResponseBase:
        given = request._request
        if int(given.headers.get("Content-Length") or 0) > limits().bytes:
            return problems.too_large(given, limits().bytes)
        if given.content_type != JSON:
            raise Refused(415, "")
        key = given.headers.get("Idempotency-Key", "")
        if not KEY.fullmatch(key):
            words = _("请在 Idempotency-Key 头中为每次发送给出一个不重复的编号，1 到 100 个可见字符。")
            raise Refused(400, words, code="no-key", errors=[{"parameter": "Idempotency-Key", "detail": words}])
        body = given.body
        try:
            rows = rows_of(self.kind, parsed(body))
        except Unreadable:
            raise Refused(400, _("请求内容不是有效的 JSON。")) from None
        except Wrong as wrong:
            raise Refused(422, _("请求内容不符合要求，没有写入任何数据。"), errors=wrong.errors) from None
        digest = hashlib.sha256(f"{self.kind}\n".encode() + body).hexdigest()
        try:
            answer = take_in(self.actor, self.token, self.kind, rows, key=key, digest=digest, now=timezone.now())
        except StillAtIt as refusal:
            raise Refused(409, refusal, code="under-way", wait=limits().wait) from None
        response = Response(answer.body, status=answer.status)
        response["Location"] = f"/api/v1/imports/{answer.body['id']}"
        if answer.again:
            response["Idempotency-Replayed"] = "true"
        if answer.status == 202:
            response["Retry-After"] = str(limits().wait)
        return response


KEY_PARAMETER = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    required=True,
    description="The same key with the same body is carried out once and answered alike, for 7 days",
)


def _described(kind: Kind, operation: str, summary: str) -> Any:
    answers = {
        200: OpenApiResponse(ImportSerializer, "Taken in; refused rows are named"),
        202: OpenApiResponse(ImportSerializer, "A job; see Location"),
    }
    return extend_schema_view(
        post=extend_schema(
            operation_id=operation,
            description=f"Scope `{SCOPES[kind]}`. A row is a DMS file's row: it is taken in, or refused with a reason.",
            summary=summary,
            parameters=[KEY_PARAMETER],
            request={JSON: body_of(kind)},
            responses=answers,
        )
    )


@_described("deliveries", "send_deliveries", "Deliveries in")
class Deliveries(Sending):
    scope, kind = "write:deliveries", "deliveries"


@_described("repair_orders", "send_repair_orders", "Repair orders in")
class RepairOrders(Sending):
    scope, kind = "write:orders", "repair_orders"


@_described("lost_leads", "send_lost_leads", "Lost leads in")
class LostLeads(Sending):
    scope, kind = "write:lists", "lost_leads"


@_described("lost_list", "send_lost_list", "The lost list in")
class LostList(Sending):
    scope, kind = "write:lists", "lost_list"


@_described("canvassing", "send_canvassing", "A canvassing sheet in")
class Canvassing(Sending):
    scope, kind = "write:lists", "canvassing"


class OneImport(ApiView):
    """How it stands, for whoever may send such rows."""

    scope = ""

    def import_of(self, key: UUID) -> ImportRun:
        run = sent_import(self.actor, key)
        if SCOPES[run.kind] not in self.request._request.scopes:  # type: ignore[attr-defined]
            raise Refused(403, _("这个操作需要权限 %(scope)s。") % {"scope": SCOPES[run.kind]})
        return run

    @extend_schema(
        operation_id="import",
        description="The scope that it was sent with.",
        summary="How something sent in stands",
        responses=ImportSerializer,
    )
    def get(self, request: Request, key: UUID) -> HttpResponseBase:
        run = self.import_of(key)
        response = Response(account(run))
        if not is_over(run):
            response["Retry-After"] = str(limits().wait)
        return response


class Cancellation(OneImport):
    http_method_names = ("post", "options")

    @extend_schema(
        operation_id="cancel_import",
        description="The scope that it was sent with.",
        summary="Stop a job; nothing of it stays",
        request=None,
        responses=ImportSerializer,
    )
    def post(self, request: Request, key: UUID) -> HttpResponseBase:
        self.import_of(key)
        return Response(account(cancel(self.actor, key, timezone.now())))

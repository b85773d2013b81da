"""Lists and single things, to be read: filtered, in pages, with an ETag, and written down where shown in clear."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from api.intake.queries import told_until
from api.scopes import REVEAL
from api.v1.filters import Changed
from api.v1.paging import page
from api.v1.refusals import Refused
from api.v1.views import ApiView
from sanfang.audit.actions import record_accesses
from sanfang.tenancy.models import TenantModel
from sanfang.tenancy.policies import Policy
from tenants.addresses import client_address

UNTIL = "Synced-Until"


class Reading(ApiView):
    """``policy`` says which rows there are; ``personal`` whether they show customers' data, masked or in clear."""

    policy: ClassVar[Policy[Any]]
    serializer: ClassVar[type[serializers.Serializer[Any]]]
    personal: ClassVar[bool] = True

    @staticmethod
    def beside(rows: QuerySet[Any]) -> QuerySet[Any]:
        """What is read along."""
        return rows

    @staticmethod
    def shown(row: Any, clear: bool) -> dict[str, Any]:
        raise NotImplementedError

    def _rendered(self, rows: Iterable[Any]) -> list[Any]:
        return list(self.serializer([self.shown(row, self.clear) for row in rows], many=True).data)

    def _answer(self, body: Any, rows: Iterable[TenantModel], **headers: str) -> HttpResponseBase:
        """304 for whoever has it already: to them nothing is shown, and nothing is written down."""
        text = JSONRenderer().render(body)
        etag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
        response: HttpResponseBase | None = get_conditional_response(self.request._request, etag=etag)
        if response is None:
            if self.personal and self.clear:
                self._write_down(rows)
            response = Response(json.loads(text))
        response["ETag"] = etag
        for name, value in headers.items():
            response[name.replace("_", "-")] = value
        return response

    def _write_down(self, rows: Iterable[TenantModel]) -> None:
        reason = _("接口令牌 %(name)s（%(prefix)s）") % {"name": self.token.name, "prefix": self.token.prefix}
        address = client_address(self.request._request)
        record_accesses(self.actor, rows, "api", timezone.now(), reason=reason, address=address)


class ListView(Reading):
    filters: ClassVar[type[Changed]]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.parameters = frozenset({"limit", "cursor", *self.filters.base_filters})  # type: ignore[misc]
        super().initial(request, *args, **kwargs)

    @transaction.atomic
    def get(self, request: Request) -> HttpResponseBase:
        until = told_until(timezone.now())  # before the rows: what comes in between is told twice, not never
        rows, cursor = page(self._filtered(request), request.query_params)
        body = {"items": self._rendered(rows), "next": cursor or None}
        return self._answer(body, rows, Synced_Until=until.isoformat())

    def _filtered(self, request: Request) -> QuerySet[Any]:
        given = request.query_params
        guessed = [] if self.clear else sorted(self.filters.clear_only & set(given))
        if guessed:
            words = _("按隐去的内容查找需要权限 %(scope)s。") % {"scope": REVEAL}
            raise Refused(403, words, errors=[{"parameter": name, "detail": words} for name in guessed])
        asked = self.filters(given, queryset=self.beside(self.policy.visible(self.actor)))
        if not asked.is_valid():
            errors = [
                {"parameter": name, "detail": str(words)}
                for name, all_words in asked.errors.items()
                for words in all_words
            ]
            raise Refused(400, _("查询参数有误。"), code="bad-parameter", errors=errors)
        found: QuerySet[Any] = asked.qs
        return found


class OneView(Reading):
    @transaction.atomic
    def get(self, request: Request, key: UUID) -> HttpResponseBase:
        row = self.policy.get(self.actor, key, rows=self.beside(self.policy.visible(self.actor)))
        return self._answer(self._rendered([row])[0], [row])

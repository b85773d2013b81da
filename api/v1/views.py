"""What every view of the API is made of: a scope that it needs, and who asks."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.views import APIView

from api.models import Token
from api.scopes import REVEAL
from api.v1.refusals import Refused
from sanfang.kernel.permissions import Actor


class ApiView(APIView):
    """``scope``: what the token must have, "" for nothing. ``parameters``: names of the query parameters it knows."""

    scope: ClassVar[str]
    parameters: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        needed = self.needed_scope()
        if needed and needed not in request._request.scopes:  # type: ignore[attr-defined]
            raise Refused(403, _("这个操作需要权限 %(scope)s。") % {"scope": needed})
        unknown = sorted(set(request.query_params) - self.parameters)
        if unknown:
            errors = [{"parameter": name, "detail": _("没有这个查询参数。")} for name in unknown]
            raise Refused(400, _("请求中有不认识的查询参数。"), code="unknown-parameter", errors=errors)
        empty = sorted(name for name, value in request.query_params.items() if not value)
        if empty:
            words = _("查询参数有误。")
            raise Refused(
                400, words, code="bad-parameter", errors=[{"parameter": one, "detail": words} for one in empty]
            )

    def needed_scope(self) -> str:
        return self.scope

    @property
    def actor(self) -> Actor:
        actor: Actor = self.request._request.actor  # type: ignore[attr-defined]
        return actor

    @property
    def token(self) -> Token:
        token: Token = self.request._request.token  # type: ignore[attr-defined]
        return token

    @property
    def clear(self) -> bool:
        """Whether customers' data are shown as they are; each showing is then written down."""
        return REVEAL in self.request._request.scopes  # type: ignore[attr-defined]

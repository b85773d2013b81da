"""What views raise → problems."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions

from api import problems
from sanfang.kernel.errors import Conflict, DomainError, Forbidden, NotFound
from sanfang.tenancy.repair import UnderRepair, is_because_of_repair

REPAIR_SECONDS = 120


class Refused(Exception):
    """A problem of this API's own. ``wait``: seconds for Retry-After."""

    def __init__(self, status: int, detail: Any, *, code: str = "", errors: Any = (), wait: int = 0) -> None:
        super().__init__(detail)
        self.status, self.detail, self.code, self.errors, self.wait = status, detail, code, errors, wait


def handle(exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """None lets it through: an error of ours, which is reported and answered with 500."""
    request = context["request"]._request
    if isinstance(exception, Refused):
        response = problems.answer(
            request, exception.status, exception.detail, code=exception.code, errors=exception.errors
        )
        if exception.wait:
            response["Retry-After"] = str(exception.wait)
        return response
    if isinstance(exception, UnderRepair) or (
        isinstance(exception, DatabaseError) and is_because_of_repair(request.tenant, exception)
    ):
        response = problems.answer(request, 503)
        response["Retry-After"] = str(REPAIR_SECONDS)
        return response
    if isinstance(exception, exceptions.ValidationError):
        return problems.answer(request, 422, errors=list(_places(exception.detail)))
    if isinstance(exception, exceptions.APIException):
        return problems.answer(request, exception.status_code, _own_words(exception))
    return _of_the_domain(request, exception)


def _of_the_domain(request: Any, exception: Exception) -> HttpResponse | None:
    if isinstance(exception, NotFound | Http404):
        return problems.answer(request, 404)
    if isinstance(exception, Forbidden | PermissionDenied):
        return problems.answer(request, 403)
    if isinstance(exception, Conflict):
        return problems.answer(request, 409, exception, code=exception.code.replace("_", "-"))
    if isinstance(exception, DomainError):
        errors = [{"pointer": f"#/{exception.field}", "detail": str(exception)}] if exception.field else []
        return problems.answer(request, 422, exception, code=exception.code.replace("_", "-"), errors=errors)
    return None


def _own_words(exception: exceptions.APIException) -> str:
    if isinstance(exception, exceptions.ParseError):
        return _("请求内容不是有效的 JSON。")
    return ""


def _places(detail: Any, at: str = "#") -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _places(inner, f"{at}/{name}")
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            yield from _places(inner, at if isinstance(inner, str) else f"{at}/{place}")
    else:
        yield {"pointer": at, "detail": str(detail)}

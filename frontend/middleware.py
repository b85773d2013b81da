"""Turns what the domain says into answers: unknown → 404, forbidden → 403, refused → the sentence itself.

Not now is 503 in a store under repair and 429 for too many requests.
"""

from collections.abc import Callable

from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.defaults import bad_request, page_not_found, permission_denied

from sanfang.kernel.errors import DomainError, Forbidden, NotFound
from sanfang.tenancy.repair import UnderRepair, is_because_of_repair
from tenants.limits import seconds_to_wait
from tenants.middleware import DOOR_PATHS

SAFE = ("GET", "HEAD", "OPTIONS")
REPAIR_SECONDS = 120
"""When it is worth asking again."""


def wants_words_only(request: HttpRequest) -> bool:
    """A script asks, and shows the sentence beside what is on the page."""
    return bool(request.headers.get("HX-Request")) or request.headers.get("X-Requested-With") == "fetch"


def put_off(request: HttpRequest, template: str, words: str, *, status: int, seconds: int) -> HttpResponse:
    """Not now: the sentence to a script, a page to a person, and to both when to ask again."""
    if wants_words_only(request):
        answer = HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
    else:
        answer = render(request, template, {"words": words}, status=status)
    answer["Retry-After"] = str(seconds)
    return answer


def under_repair(request: HttpRequest) -> HttpResponse:
    words = _("本店系统正在修复，暂时只能查看，不能保存。已有数据没有丢失；请稍后再试。")
    return put_off(request, "frontend/errors/repair.html", words, status=503, seconds=REPAIR_SECONDS)


class LimitsMiddleware:
    """Puts off what is more than a person or a store may ask in a minute, before the store is entered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seconds = seconds_to_wait(request)
        if not seconds:
            return self.get_response(request)
        words = _("请求过于频繁，请 %(seconds)d 秒后再试。") % {"seconds": seconds}
        return put_off(request, "frontend/errors/busy.html", words, status=429, seconds=seconds)


class RefusalsMiddleware:
    """The net under the views: each view shows a refusal beside its cause where it can; what gets here is whole."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if any(
            "\x00" in value for values in (request.POST, request.GET) for key in values for value in values.getlist(key)
        ):
            # No keyboard makes one, and PostgreSQL can't keep one.
            return bad_request(request, ValueError("NUL"))
        writes = request.method not in SAFE and not request.path.startswith(DOOR_PATHS)
        if writes and request.tenant.behind:  # type: ignore[attr-defined]
            return under_repair(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, NotFound):
            return page_not_found(request, exception)
        if isinstance(exception, Forbidden):
            return permission_denied(request, exception)
        if isinstance(exception, DomainError):
            return self._refused(request, exception)
        if isinstance(exception, UnderRepair) or (
            isinstance(exception, DatabaseError) and is_because_of_repair(request.tenant, exception)  # type: ignore[attr-defined]
        ):
            return under_repair(request)
        return None

    @staticmethod
    def _refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
        if request.headers.get("HX-Request"):
            return HttpResponse(str(refusal), status=409, content_type="text/plain; charset=utf-8")
        messages.error(request, str(refusal))
        back = request.headers.get("Referer", "")
        known = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        return redirect(back if known else "/")

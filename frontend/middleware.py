"""Turns what the domain says into answers: unknown → 404, forbidden → 403, refused → the sentence itself.

Not now is 503 in a store under repair and 429 for too many requests.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.defaults import bad_request, page_not_found, permission_denied

from sanfang.kernel.errors import DomainError, Forbidden, NotFound
from sanfang.tenancy.repair import UnderRepair, is_because_of_repair
from tenants.life.queries import protected_until
from tenants.limits import seconds_to_wait
from tenants.middleware import DOOR_PATHS
from tenants.models import State, Tenant
from tenants.requests import in_words, wants_words_only

SAFE = ("GET", "HEAD", "OPTIONS")
REPAIR_SECONDS = 120
"""When it is worth asking again."""


def put_off(request: HttpRequest, template: str, words: str, *, status: int, seconds: int) -> HttpResponse:
    """Not now: the sentence to a script, a page to a person, and to both when to ask again."""
    if wants_words_only(request):
        answer = in_words(words, status)
    else:
        context = {"words": words, "seconds": seconds, "again": _where_to_go_on(request)}
        answer = render(request, template, context, status=status)
    answer["Retry-After"] = str(seconds)
    return answer


def _where_to_go_on(request: HttpRequest) -> str:
    """The address that was asked for; after a form, which isn't sent twice by itself, the page it stood on."""
    if request.method in SAFE:
        return request.get_full_path()
    return _page_before(request)


def _page_before(request: HttpRequest) -> str:
    back = request.headers.get("Referer", "")
    known = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if known else "/"


def under_repair(request: HttpRequest) -> HttpResponse:
    words = _("本店系统正在修复，暂时只能查看，不能保存。已有数据没有丢失；请两分钟后再试。")
    if settings.PLATFORM_CONTACT and wants_words_only(request):
        words += " " + _("平台服务：%(contact)s") % {"contact": settings.PLATFORM_CONTACT}
    return put_off(request, "frontend/errors/repair.html", words, status=503, seconds=REPAIR_SECONDS)


class ClosedMiddleware:
    """A tenant that is suspended or has left: a page that says so and whom to ask, to a script the sentence.

    Stands behind the form tokens, because the page can be read in another language. Nothing else works here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tenant: Tenant = request.tenant  # type: ignore[attr-defined]
        if tenant.is_open or (request.method == "POST" and request.path.startswith("/preferences/")):
            return self.get_response(request)
        left = tenant.state == State.LEAVING
        if wants_words_only(request):
            words = (
                _("门店已退出平台，未保存的内容无法再保存。")
                if left
                else _("门店已停用，未保存。填写的内容仍在页面上，恢复后自动保存。")
            )
            return in_words(words, 403, "closed")
        template = "frontend/errors/left.html" if left else "frontend/errors/suspended.html"
        context = {"tenant": tenant, "until": protected_until(tenant) if left else None}
        return render(request, template, context, status=403)


class LimitsMiddleware:
    """Puts off what is more than a person or a store may ask in a minute, before the store is entered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seconds = seconds_to_wait(request)
        if not seconds:
            return self.get_response(request)
        words = _("请求太多，请 %(seconds)d 秒后再试。") % {"seconds": seconds}
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
        return redirect(_page_before(request))

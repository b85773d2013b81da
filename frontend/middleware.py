"""Turns what the domain says into answers: unknown → 404, forbidden → 403, refused → the sentence itself."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.defaults import bad_request, page_not_found, permission_denied

from sanfang.kernel.errors import DomainError, Forbidden, NotFound


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
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, NotFound):
            return page_not_found(request, exception)
        if isinstance(exception, Forbidden):
            return permission_denied(request, exception)
        if isinstance(exception, DomainError):
            return self._refused(request, exception)
        return None

    @staticmethod
    def _refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
        if request.headers.get("HX-Request"):
            return HttpResponse(str(refusal), status=409, content_type="text/plain; charset=utf-8")
        messages.error(request, str(refusal))
        back = request.headers.get("Referer", "")
        known = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        return redirect(back if known else "/")

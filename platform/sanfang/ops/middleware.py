"""The outermost layer: a request's id, its one log line, and the probes that ask before any tenant is known."""

import re
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from sanfang.kernel.ids import uuid7
from sanfang.ops import health

Handler = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger("sanfang.request")
RESET_LINKS = "/accounts/password/reset/key/"
GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,40}")


class RequestIdMiddleware:
    """Names each request (the proxy's ``X-Request-ID`` or one of our own) in logs, history and the answer."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if GIVEN_ID.fullmatch(given) else str(uuid7())
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        if getattr(request, "actor", None) is not None:
            # A shared computer's cache must not show customers after signing out.
            response["Cache-Control"] = "private, no-store"
        # The path, never the query: searches hold names and numbers. Links that reset a password hold their key.
        secret = request.path.startswith(RESET_LINKS)
        log.info(
            "request",
            method=request.method,
            path=RESET_LINKS if secret else request.path,
            status=response.status_code,
            milliseconds=round((time.perf_counter() - began) * 1000),
        )
        return response


class ProbeMiddleware:
    """``/livez`` and ``/readyz`` answer on every host name, without a tenant or a session."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/livez":
            return HttpResponse("ok\n", content_type="text/plain")
        if request.path == "/readyz":
            return health.ready()
        return self.get_response(request)

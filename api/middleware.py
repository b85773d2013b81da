"""A machine's way in. It has no session: its token says who it acts as, and every refusal is a problem (RFC 9457).

Whoever has no live token of this very host gets one and the same answer, whatever was wrong: the host, the tenant's
state, the token's form, its hash, its age or its maker's membership.
"""

from collections.abc import Callable

import structlog
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from api import problems
from api.actions import note_use
from api.models import Token
from api.queries import token_for
from api.scopes import capabilities_of, held
from sanfang.kernel.permissions import Actor
from tenants.models import Kind
from tenants.roles import roles

Handler = Callable[[HttpRequest], HttpResponse]
PREFIX = "/api/"
URLCONF = "api.urls"
TOO_MANY = 429


class ProblemsMiddleware:
    """Outside of everything that knows tenants: whatever answers a machine with a page, it gets a problem instead."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith(PREFIX):
            return response
        status = response.status_code
        if getattr(request, "token", None) is None and status != TOO_MANY and status < 500:
            return problems.unauthorized(request)
        if status < 400 or response["Content-Type"] == problems.CONTENT_TYPE:
            return response
        problem = problems.answer(request, status)
        if "Retry-After" in response:
            problem["Retry-After"] = response["Retry-After"]
        return problem


class TokenMiddleware:
    """Sets ``request.actor`` to the token's person, with no more than its scopes; a session counts for nothing here."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        tenant = request.tenant  # type: ignore[attr-defined]
        request.user = AnonymousUser()
        request.actor = request.membership = request.token = None  # type: ignore[attr-defined]
        request.elsewhere = []  # type: ignore[attr-defined]
        request.urlconf = URLCONF
        if tenant.kind != Kind.DEALER:
            return problems.unauthorized(request)
        now = timezone.now()
        token = token_for(tenant, given_code(request), now)
        if token is not None:
            note_use(token, now)
            request.token, request.actor = token, actor_of(token)  # type: ignore[attr-defined]
            request.scopes = held(token.scopes, roles()[token.membership.role].capabilities)  # type: ignore[attr-defined]
            structlog.contextvars.bind_contextvars(token=token.prefix, actor=str(token.membership.staff_id))
        # Without one it goes on as a visitor's request: counted, and then sent to sign in, which is refused above.
        return self.get_response(request)


def given_code(request: HttpRequest) -> str:
    kind, _space, code = request.headers.get("Authorization", "").partition(" ")
    return code.strip() if kind.lower() == "bearer" else ""


def actor_of(token: Token) -> Actor:
    """The token's person, with those capabilities only that both their role and the token's scopes have."""
    role = roles()[token.membership.role]
    return Actor(
        staff_id=token.membership.staff_id,
        name=token.membership.user.name,
        role=role.key,
        capabilities=capabilities_of(held(token.scopes, role.capabilities)) & role.capabilities,
        user_id=token.membership.user_id,
    )

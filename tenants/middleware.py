"""A request's way in: host → tenant (at the door) → session and person (at the door) → inside.

The order of these in settings.MIDDLEWARE is the rule: sessions and accounts can't be read under a tenant's
role, and a view of a tenant can't be reached under the door's.
"""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from tenants.limits import seconds_to_wait_outside
from tenants.models import Kind, Membership, State
from tenants.queries import live_memberships, tenant_of_host
from tenants.requests import LEFT_HERE, in_words, wants_words_only
from tenants.roles import roles
from tenants.signals import SESSION_KEY

Handler = Callable[[HttpRequest], HttpResponse]

DOOR_PATHS = ("/accounts/", "/preferences/")
"""What works on every host with the door's rights: signing in and out, second factor, language and theme."""


LEFT_HERE_SECONDS = 3600


def note_that_they_left(request: HttpRequest) -> None:
    request.session[LEFT_HERE] = True
    request.session.set_expiry(LEFT_HERE_SECONDS)


def _left_words() -> str:
    return _(
        "您已不是这家门店的成员，未保存的内容不会再保存；已有的记录都在店里，由同事接着处理。如有疑问，请联系总经理或门店管理员。"
    )


def actor_of(membership: Membership) -> Actor:
    role = roles()[membership.role]
    return Actor(
        staff_id=membership.staff_id,
        name=membership.user.name,
        role=role.key,
        capabilities=role.capabilities,
        user_id=membership.user_id,
    )


class TenantOfHostMiddleware:
    """Host name → ``request.tenant``. An unknown host gets a plain 404 that tells nothing.

    A closed tenant is answered further in (frontend.middleware.ClosedMiddleware), where a form's token can be made.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        tenant = tenant_of_host(request.get_host().rsplit(":", 1)[0])
        if tenant is None or tenant.state in {State.PROVISIONING, State.GONE}:
            return _too_many_outside(request) or render(request, "frontend/errors/unknown_host.html", status=404)
        request.tenant = tenant  # type: ignore[attr-defined]
        request.urlconf = settings.TENANT_TYPES[tenant.kind]["URLCONF"]
        structlog.contextvars.bind_contextvars(tenant=tenant.slug)
        if tenant.state != State.READY and (put_off := _too_many_outside(request)):
            return put_off
        with timezone.override(ZoneInfo(tenant.time_zone)):
            return self.get_response(request)


def _too_many_outside(request: HttpRequest) -> HttpResponse | None:
    """Hosts that nobody answers are counted too, before a page is made for them."""
    seconds = seconds_to_wait_outside(request)
    if not seconds:
        return None
    answer = in_words(_("请求太多，请 %(seconds)d 秒后再试。") % {"seconds": seconds}, 429)
    answer["Retry-After"] = str(seconds)
    return answer


class SessionOfTenantMiddleware:
    """Ends a session that was opened at another tenant, or whose membership has been taken away.

    Sets ``request.membership`` and ``request.actor`` (None for a visitor), and in ``request.elsewhere`` the other
    stores that this person may go to.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.membership = request.actor = None  # type: ignore[attr-defined]
        request.elsewhere = []  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            tenant = request.tenant  # type: ignore[attr-defined]
            pinned = request.session.get(SESSION_KEY) == tenant.schema_name
            memberships = live_memberships(request.user) if pinned else []
            membership = next((one for one in memberships if one.tenant_id == tenant.schema_name), None)
            if membership is None:
                logout(request)
                if pinned:
                    note_that_they_left(request)
            else:
                request.membership = membership  # type: ignore[attr-defined]
                request.actor = actor_of(membership)  # type: ignore[attr-defined]
                request.elsewhere = [  # type: ignore[attr-defined]
                    one for one in memberships if one is not membership and one.tenant.is_open
                ]
                structlog.contextvars.bind_contextvars(actor=str(membership.staff_id))
        return self.get_response(request)


class EnterTenantMiddleware:
    """Runs the view under the tenant's role and search path, and returns to the door whatever happens.

    Who isn't signed in is sent to sign in; nothing inside a tenant is public.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tenant = request.tenant  # type: ignore[attr-defined]
        if tenant.kind == Kind.PUBLIC or request.path.startswith(DOOR_PATHS):
            return self.get_response(request)
        actor: Actor | None = request.actor  # type: ignore[attr-defined]
        if actor is None:
            return self._to_sign_in(request)
        with inside(tenant, actor=str(actor.staff_id), request_id=getattr(request, "request_id", "")):
            response = self.get_response(request)
            if response.streaming and getattr(response, "file_to_stream", None) is None:
                # A generator would run after we have left, at the door.
                raise RuntimeError("A view inside a tenant must not stream from the database.")
            return response

    @staticmethod
    def _to_sign_in(request: HttpRequest) -> HttpResponse:
        if wants_words_only(request):
            # The page stays, with what was typed on it, and says where to sign in or what has happened (session.js).
            return in_words(*((_left_words(), 401, "left") if LEFT_HERE in request.session else ("", 401)))
        return redirect_to_login(request.get_full_path())

"""Going to another store of one's own without signing in again: a signed ticket for one host, once, for 30 seconds.

The ticket names no secret. What counts is asked again on arrival: the session it was made in must still be there with
the same password and the same ways of signing in, and both memberships must still stand. So signing out, a new
password or a membership taken away ends tickets under way as well.

Used once: making a ticket leaves a mark in the shared cache, using it removes the mark, and of several that remove it
at once one is told that it did. A cache that forgets loses the mark and refuses the ticket; noting *spent* tickets
instead would let them in twice (ADR 0015).
"""

import json
import time
from importlib import import_module
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

import structlog
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY as METHODS
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, login
from django.contrib.auth import SESSION_KEY as USER_KEY
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.core import signing
from django.core.cache import caches
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from sanfang.kernel.errors import DomainError, NotFound
from tenants.models import Membership, State, Tenant, User
from tenants.queries import address_of, host_of, live_membership
from tenants.sessions import TRAIL
from tenants.signals import SESSION_KEY

SALT = "tenants.handover"
SECONDS = 30
log = structlog.get_logger("sanfang.tenants")


def depart(request: HttpRequest, slug: str, luggage: dict[str, str]) -> str:
    """The address that takes this person to the store ``slug``. ``luggage``: their language, theme and the like.

    Raises :class:`NotFound` for a store that never was theirs, whether it exists or not, and :class:`DomainError` for
    one that was when their page was made: it says what has changed.
    """
    target = next((one.tenant for one in request.elsewhere if one.tenant.slug == slug), None)  # type: ignore[attr-defined]
    if target is None:
        raise _why_not(request, slug)
    key, nonce = str(request.session.session_key), token_urlsafe(16)
    caches["shared"].set(_mark(nonce), key, SECONDS)
    ticket = {
        "user": request.user.pk,
        "tenant": target.schema_name,
        "host": host_of(target),
        "nonce": nonce,
        "seal": _seal(key, dict(request.session.items())),
        "luggage": luggage,
    }
    return address_of(target, f"{reverse('arrival')}?{urlencode({'ticket': signing.dumps(ticket, salt=SALT)})}")


def arrive(request: HttpRequest, given: str) -> dict[str, str]:
    """Opens a session at this host for the ticket's person and returns their luggage.

    Raises :class:`DomainError`, saying what to do; then nothing has been opened, and a session that was here stays.
    """
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    ticket = _read(given)
    if (ticket["tenant"], ticket["host"]) != (tenant.schema_name, request.get_host().rsplit(":", 1)[0].lower()):
        raise _refused(_("切换链接属于另一家门店，请在这里登录。"))
    session = _spend(ticket)
    source = dict(session.items())
    user = _traveller(ticket, source)
    if live_membership(user, tenant.schema_name) is None:
        raise _refused(_("您已不是这家门店的成员，不能切换到这里。"))
    if request.user.is_authenticated and request.user.pk != user.pk:
        raise _refused(_("这个浏览器里已有另一位同事登录这家门店，请先退出登录再切换。"))
    if is_mfa_enabled(user) and not any(way["method"] == "mfa" for way in source[METHODS]):
        raise _refused(_("您的账号启用了两步验证，请在这里用验证码登录。"))
    # Nothing that was in this browser's session before stays, its key least of all.
    request.session.flush()
    login(request, user, backend=source[BACKEND_SESSION_KEY])
    request.session.update({key: value for key, value in source.items() if key.startswith(METHODS)})
    request.session.set_expiry(0)
    _note_the_way(request.session, session)
    log.info("handed over", user=user.pk, source=source[SESSION_KEY], tenant=tenant.slug)
    luggage: dict[str, str] = ticket["luggage"]
    return luggage


def is_at_work_here(request: HttpRequest, given: str) -> bool:
    """Whether a refused ticket's person is at work at this host already: nothing is wrong with a link used twice."""
    try:
        ticket: dict[str, Any] = signing.loads(given, salt=SALT)
    except (signing.BadSignature, ValueError):
        return False
    here: Tenant = request.tenant  # type: ignore[attr-defined]
    return bool(request.actor) and (ticket["user"], ticket["tenant"]) == (request.user.pk, here.schema_name)  # type: ignore[attr-defined]


def _why_not(request: HttpRequest, slug: str) -> DomainError | NotFound:
    """The menu that was clicked on may be older than what happened to the store, or to the membership in it."""
    assert isinstance(request.user, User)
    of_theirs = Membership.objects.filter(user=request.user, tenant__slug=slug).select_related("tenant")
    membership = of_theirs.order_by("since").last()
    if membership is None or membership.tenant.state in {State.PROVISIONING, State.GONE} or _open(membership):
        return NotFound(f"membership in {slug}")
    place = {"place": membership.tenant.short_name}
    if membership.tenant.state == State.LEAVING:
        return _refused(_("“%(place)s”已退出本平台，不能切换过去。") % place)
    if membership.ended_at is not None:
        return _refused(_("您已不是“%(place)s”的成员，不能切换过去。") % place)
    return _refused(_("“%(place)s”已停用，现在不能切换过去。") % place)


def _open(membership: Membership) -> bool:
    return membership.ended_at is None and membership.tenant.is_open


def _read(given: str) -> dict[str, Any]:
    try:
        ticket: dict[str, Any] = signing.loads(given, salt=SALT, max_age=SECONDS)
    except signing.SignatureExpired:
        raise _refused(_("切换链接只在 30 秒内有效，现已过期。请重新切换，或在这里登录。")) from None
    except (signing.BadSignature, ValueError):
        raise _refused(_("切换链接不完整或被改动过。请重新切换，或在这里登录。")) from None
    return ticket


def _spend(ticket: dict[str, Any]) -> SessionBase:
    """The session that the ticket was made in. From now on the ticket is good for nothing."""
    shared, mark = caches["shared"], _mark(ticket["nonce"])
    key = shared.get(mark)
    if not key or not shared.delete(mark):
        raise _refused(_("切换链接已经用过一次。请重新切换，或在这里登录。"))
    source: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    if not constant_time_compare(ticket["seal"], _seal(key, dict(source.items()))):
        raise _signed_out()
    return source


def _note_the_way(here: SessionBase, source: SessionBase) -> None:
    """Both sessions know of each other, so that signing out of one can say where one is still signed in."""
    trail = source.get(TRAIL, {})
    here[TRAIL] = {**trail, source[SESSION_KEY]: source.session_key}
    here[TRAIL].pop(here[SESSION_KEY], None)
    source[TRAIL] = {**trail, here[SESSION_KEY]: here.session_key}
    try:
        source.save()
    except UpdateError:
        log.info("the session left behind has just ended")


def _traveller(ticket: dict[str, Any], source: dict[str, Any]) -> User:
    """Whose session ``source`` is, if it would still be let in where it was opened."""
    user = User.objects.filter(pk=ticket["user"], is_active=True).first()
    if (
        user is None
        or str(user.pk) != source.get(USER_KEY)
        or not constant_time_compare(source.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    ):
        raise _signed_out()
    membership = live_membership(user, source.get(SESSION_KEY, ""))
    if membership is None or membership.tenant.state != State.READY:
        raise _signed_out()
    # Going to and fro must not make one sign-in last for ever.
    if not source.get(METHODS) or source[METHODS][0]["at"] + settings.SESSION_COOKIE_AGE < time.time():
        raise _signed_out()
    return user


def _seal(key: str, session: dict[str, Any]) -> str:
    """Binds a ticket to its session and to how and when that was signed in, without telling either."""
    words = json.dumps([key, session.get(USER_KEY), session.get(METHODS)], sort_keys=True)
    return salted_hmac(SALT, words, algorithm="sha256").hexdigest()


def _mark(nonce: str) -> str:
    return f"handover:{nonce}"


def _refused(message: str) -> DomainError:
    return DomainError(message, code="handover")


def _signed_out() -> DomainError:
    return _refused(_("您在原门店的登录已经失效，请在这里重新登录。"))

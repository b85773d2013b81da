"""Questions about tokens, asked at the door."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from api import codes
from api.models import Token
from api.scopes import Scope, held, scopes
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import door
from tenants.models import Tenant
from tenants.roles import roles

__all__ = ["Choice", "Listed", "Token", "choices", "listed", "live", "token_for"]


def live(tenant: Tenant, now: datetime) -> QuerySet[Token]:
    return Token.objects.filter(
        tenant=tenant,
        revoked_at=None,
        expires_at__gt=now,
        membership__ended_at=None,
        membership__user__is_active=True,
    )


def token_for(tenant: Tenant, code: str, now: datetime) -> Token | None:
    """The live token with this code, its person loaded along. One statement, and none for what can't be a token."""
    if not codes.is_whole(code):
        return None
    found = live(tenant, now).select_related("membership__user").filter(prefix=codes.name_of(code)).first()
    return found if codes.matches(code, found.digest if found else "") and found else None


@dataclass(frozen=True, slots=True)
class Listed:
    """A token as managers see it. ``state``: live, soon (ends within a fortnight), expired, revoked or left."""

    id: UUID
    name: str
    prefix: str
    scopes: list[Scope]
    lost: list[Scope]
    owner: str
    own: bool
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    state: str
    state_label: Any
    tone: str
    is_live: bool
    may_take_over: bool


STATES = {
    "live": (_("有效"), "good"),
    "soon": (_("即将到期"), "warn"),
    "expired": (_("已到期"), "muted"),
    "revoked": (_("已停用"), "muted"),
    "left": (_("持有人已离开"), "danger"),
}
SOON_DAYS = 14
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """A scope that somebody may or may not give away."""

    scope: Scope
    allowed: bool


def choices(actor: Actor) -> list[Choice]:
    allowed = held(scopes(), actor.capabilities)
    return [Choice(scope, key in allowed) for key, scope in scopes().items()]


def listed(actor: Actor, tenant: Tenant, now: datetime) -> list[Listed]:
    """The tenant's tokens, live ones first, then the newest."""
    with door():
        found = Token.objects.filter(tenant=tenant).select_related("membership__user").order_by("-created_at", "-pk")
        rows = [_listed(actor, token, now) for token in found[:SHOWN]]
    return sorted(rows, key=lambda row: not row.is_live)


def _listed(actor: Actor, token: Token, now: datetime) -> Listed:
    state = _state(token, now)
    usable = held(token.scopes, roles()[token.membership.role].capabilities)
    known = [name for name in token.scopes if name in scopes()]
    own = token.membership.staff_id == actor.staff_id
    is_live = state in {"live", "soon"}
    label, tone = STATES[state]
    return Listed(
        id=token.pk,
        name=token.name,
        prefix=f"{codes.BEGINNING}{token.prefix}",
        scopes=[scopes()[name] for name in known if name in usable],
        lost=[scopes()[name] for name in known if name not in usable],
        owner=token.membership.user.name,
        own=own,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        state=state,
        state_label=label,
        tone=tone,
        is_live=is_live,
        may_take_over=is_live and not own and set(token.scopes) == held(token.scopes, actor.capabilities),
    )


def _state(token: Token, now: datetime) -> str:
    if token.revoked_at:
        return "revoked"
    if token.membership.ended_at or not token.membership.user.is_active:
        return "left"
    if token.expires_at <= now:
        return "expired"
    return "soon" if (token.expires_at - now).days < SOON_DAYS else "live"

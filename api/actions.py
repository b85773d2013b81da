"""Making, handing over and revoking tokens. Done inside the tenant; the tokens themselves live at the door."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from django.db import transaction
from django.utils.translation import gettext as _

from api import codes
from api.models import Token
from api.policy import MANAGE
from api.queries import live
from api.scopes import held, scopes
from sanfang.audit.actions import record_event
from sanfang.kernel.errors import DomainError, Forbidden, NotFound
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import door
from sanfang.tenancy.models import Staff
from tenants.models import Membership, Tenant
from tenants.roles import roles


@cache
def rules() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "tokens.yaml").read_text("utf-8"))
    return found


@transaction.atomic
def create_token(
    actor: Actor, tenant: Tenant, *, name: str, names: Collection[str], days: int, now: datetime
) -> tuple[Token, str]:
    """A new token of the actor's, and its code, which nobody can read again.

    Raises :class:`DomainError` for a scope that the actor's own role doesn't carry.
    """
    actor.require(MANAGE)
    _refuse_odd(name, names, days)
    if set(names) - held(names, actor.capabilities):
        raise DomainError(_("令牌的权限不能超过您自己的岗位权限。"), code="too_much", field="scopes")
    code = codes.new_code()
    with door():
        membership = _own_membership(actor, tenant)
        if live(tenant, now).count() >= rules()["most"]:
            raise DomainError(
                _("有效令牌已达 %(most)d 个，请先停用不再使用的。") % {"most": rules()["most"]}, code="too_many"
            )
        token = Token.objects.create(
            tenant=tenant,
            membership=membership,
            name=name.strip(),
            prefix=codes.name_of(code),
            digest=codes.digest(code),
            scopes=sorted(names),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
    _record(actor, actor.staff_id, "token.created", now, token, scopes=token.scopes, days=days)
    return token, code


@transaction.atomic
def revoke_token(actor: Actor, tenant: Tenant, key: UUID, now: datetime) -> Token:
    """Ends a token with its next request. Repeating it changes nothing."""
    actor.require(MANAGE)
    with door():
        token = _get(tenant, key)
        changed = Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now, revoked_by=actor.staff_id)
    if changed:
        _record(actor, token.membership.staff_id, "token.revoked", now, token)
    return token


@transaction.atomic
def hand_over_token(actor: Actor, tenant: Tenant, key: UUID, now: datetime) -> Token:
    """The actor answers for a live token from now on; it no longer ends with its maker's membership.

    Raises :class:`DomainError` for one that has ended (whoever left may still know it: a new one is needed) or that
    may more than the actor.
    """
    actor.require(MANAGE)
    with door():
        token = _get(tenant, key)
        if not live(tenant, now).filter(pk=key).exists():
            raise DomainError(_("这个令牌已经失效，不能接管。请新建一个令牌。"), code="ended")
        if set(token.scopes) - held(token.scopes, actor.capabilities):
            raise DomainError(_("这个令牌的权限超过您自己的岗位权限，不能接管。"), code="too_much")
        before = token.membership.staff_id
        Token.objects.filter(pk=key).update(membership=_own_membership(actor, tenant))
    if before != actor.staff_id:
        _record(actor, before, "token.handed_over", now, token)
    return token


def note_use(token: Token, now: datetime) -> None:
    """Keeps when it was last used, to the hour. At the door."""
    if token.last_used_at is None or now - token.last_used_at > timedelta(seconds=rules()["note_use_after"]):
        Token.objects.filter(pk=token.pk).update(last_used_at=now)


def _get(tenant: Tenant, key: UUID) -> Token:
    """Locked, so that two who decide about it come one after the other."""
    found = Token.objects.select_for_update(of=("self",)).select_related("membership").filter(tenant=tenant, pk=key)
    token = found.first()
    if token is None:
        raise NotFound(f"token {key}")
    return token


def _own_membership(actor: Actor, tenant: Tenant) -> Membership:
    """Asked again under a lock: whoever is being removed at this moment makes no token any more."""
    found = Membership.objects.filter(tenant=tenant, staff_id=actor.staff_id, ended_at__isnull=True)
    membership = found.select_for_update().first()
    if membership is None or MANAGE not in roles()[membership.role].capabilities:
        raise Forbidden(MANAGE)
    return membership


def _refuse_odd(name: str, names: Collection[str], days: int) -> None:
    if not name.strip() or len(name.strip()) > 60 or not name.isprintable():
        raise DomainError(_("请写明用在哪里，60 个字以内。"), code="name", field="name")
    if not names or set(names) - set(scopes()):
        raise DomainError(_("请至少选择一项权限。"), code="scopes", field="scopes")
    if days not in rules()["days"]:
        raise DomainError(_("请选择有效期。"), code="days", field="days")


def _record(actor: Actor, owner: UUID, kind: str, now: datetime, token: Token, **data: Any) -> None:
    """On whose behalf the token acts is what the event is about."""
    person = Staff.objects.get(pk=owner)
    record_event(actor, person, kind, now, token=token.prefix, name=token.name, **data)

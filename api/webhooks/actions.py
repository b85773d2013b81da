"""Setting up where events are told: made, its secret shown once and renewed, switched, tried, told again."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from api.webhooks import signing
from api.webhooks.models import Endpoint, Letter
from api.webhooks.policy import endpoints
from api.webhooks.posting import Unreachable, split
from api.webhooks.rules import kinds, rules
from api.webhooks.sending import PING
from sanfang.audit.actions import record_event
from sanfang.kernel.errors import DomainError, NotFound
from sanfang.kernel.permissions import Actor
from sanfang.messaging.secrets import seal

State = Endpoint.State


@transaction.atomic
def create(actor: Actor, *, url: str, names: Collection[str], now: datetime) -> tuple[Endpoint, str]:
    """A new endpoint, and its secret, which nobody can read again."""
    endpoints.require(actor, "manage")
    _refuse_odd(url, names)
    if Endpoint.objects.count() >= rules().most:
        raise DomainError(_("最多设置 %(most)d 个 Webhook 地址。") % {"most": rules().most}, code="too_many")
    secret = signing.new_secret()
    listens = sorted(event for name in names for event in kinds()[name].of)
    endpoint = Endpoint.objects.create(
        url=url, kinds=sorted(names), listens=listens, secret=seal(secret), by_id=actor.staff_id, created_at=now
    )
    record_event(actor, endpoint, "webhook.created", now, url=url, kinds=endpoint.kinds)
    return endpoint, secret


@transaction.atomic
def renew_secret(actor: Actor, key: UUID, now: datetime) -> tuple[Endpoint, str]:
    """A new secret; the old one signs beside it for a day, so that the other side can change over."""
    endpoint = _locked(actor, key)
    secret = signing.new_secret()
    until = now + timedelta(hours=rules().both_secrets_hours)
    Endpoint.objects.filter(pk=key).update(secret=seal(secret), old_secret=endpoint.secret, old_until=until)
    record_event(actor, endpoint, "webhook.secret_renewed", now)
    return endpoint, secret


@transaction.atomic
def switch(actor: Actor, key: UUID, *, on: bool, now: datetime) -> Endpoint:
    """What happens while it is off is not told later; what was waiting goes on when it is on again."""
    endpoint = _locked(actor, key)
    state = State.ACTIVE if on else State.OFF
    if endpoint.state != state:
        Endpoint.objects.filter(pk=key).update(state=state, failing_since=None)
        record_event(actor, endpoint, "webhook.switched_on" if on else "webhook.switched_off", now)
    return endpoint


@transaction.atomic
def remove(actor: Actor, key: UUID, now: datetime) -> Endpoint:
    endpoint = _locked(actor, key)
    record_event(actor, endpoint, "webhook.removed", now, url=endpoint.url)
    Endpoint.objects.filter(pk=key).delete()
    return endpoint


@transaction.atomic
def ping(actor: Actor, key: UUID, now: datetime) -> Letter:
    """A letter that says nothing, to see whether it arrives."""
    endpoint = _locked(actor, key)
    return Letter.objects.create(endpoint=endpoint, event=PING, thing=endpoint.pk, at=now, next_at=now)


@transaction.atomic
def replay(actor: Actor, key: UUID, now: datetime) -> Letter:
    """Tells it once more, under the same id, by which the other side knows what it has had already."""
    endpoints.require(actor, "manage")
    letter = Letter.objects.select_for_update().filter(pk=key).first()
    if letter is None:
        raise NotFound(f"letter {key}")
    if letter.state != Letter.State.WAITING:
        Letter.objects.filter(pk=key).update(state=Letter.State.WAITING, attempts=0, next_at=now)
        record_event(actor, letter.endpoint, "webhook.replayed", now, letter=str(key))
    return letter


def _locked(actor: Actor, key: UUID) -> Endpoint:
    return endpoints.get(actor, key, "manage", rows=Endpoint.objects.select_for_update())


def _refuse_odd(url: str, names: Collection[str]) -> None:
    if not names or set(names) - set(kinds()):
        raise DomainError(_("请至少选择一种事件。"), code="kinds", field="kinds")
    try:
        if len(url) > 500:
            raise Unreachable("address")
        split(url)
    except Unreachable:
        words = _("请填写公网上的 https 地址，例如 https://example.com/webhooks，端口为 443 或 8443。")
        raise DomainError(words, code="url", field="url") from None

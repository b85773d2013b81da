"""Letters on their way: claimed for a while, posted outside of any transaction, and what happened written down.

A task that is killed leaves its letters claimed until the lease is over; then they are tried again, under the same id.
"""

import json
import random
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from api.webhooks import posting, signing
from api.webhooks.models import Endpoint, Letter
from api.webhooks.rules import kind_of, rules
from sanfang.audit.actions import record_event
from sanfang.messaging.secrets import unseal

GONE = 410
PING = "ping"


def send_waiting(now: datetime) -> int:
    """Sends what is due; how many were tried. An endpoint that fails is left alone for the rest of this round."""
    failing: set[UUID] = set()
    letters = _claim(now)
    for letter in letters:
        if letter.endpoint_id in failing:
            Letter.objects.filter(pk=letter.pk, state=Letter.State.WAITING).update(next_at=_soon(timezone.now()))
        elif not _send(letter):
            failing.add(letter.endpoint_id)
    return len(letters)


def body_of(letter: Letter) -> bytes:
    """The same for every try. Who wants to know more asks the API, and needs the right to."""
    kind = kind_of(letter.event)
    data = {"id": str(letter.thing)}
    if kind and kind.path:
        data["url"] = f"/api/v1/{kind.path}/{letter.thing}"
    found = {"type": kind.name if kind else letter.event, "timestamp": letter.at.isoformat(), "data": data}
    return json.dumps(found, separators=(",", ":")).encode()


def secrets_of(endpoint: Endpoint, now: datetime) -> list[str]:
    old = endpoint.old_secret if endpoint.old_until and now < endpoint.old_until else ""
    return [unseal(secret) for secret in (endpoint.secret, old) if secret]


def _claim(now: datetime) -> list[Letter]:
    """Each letter by one task only, until the lease is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE webhooks_letter SET next_at = %(until)s WHERE id IN (
                SELECT letter.id FROM webhooks_letter AS letter
                  JOIN webhooks_endpoint AS endpoint ON endpoint.id = letter.endpoint_id
                 WHERE letter.state = 'waiting' AND letter.next_at <= %(now)s AND endpoint.state = 'active'
                 ORDER BY letter.next_at, letter.id LIMIT %(most)s FOR UPDATE OF letter SKIP LOCKED
            ) RETURNING id
            """,
            {"now": now, "until": now + timedelta(seconds=rules().lease), "most": rules().batch},
        )
        claimed = [row[0] for row in cursor.fetchall()]
    return list(Letter.objects.filter(pk__in=claimed).select_related("endpoint").order_by("at", "pk"))


def _send(letter: Letter) -> bool:
    now, body = timezone.now(), body_of(letter)
    name, all_secrets = f"msg_{letter.pk.hex}", secrets_of(letter.endpoint, now)
    headers = {"Content-Type": "application/json", "User-Agent": "Sanfang-Webhooks/1"}
    signed = signing.headers(all_secrets, name, int(now.timestamp()), body)
    posted = posting.post(letter.endpoint.url, body, {**headers, **signed})
    _write_down(letter, posted, timezone.now())
    return posted.arrived


@transaction.atomic
def _write_down(letter: Letter, posted: posting.Posted, now: datetime) -> None:
    """Guarded: another task, or a replay, may have been there meanwhile."""
    tried = {"at": now.isoformat(), "status": posted.status, "error": posted.error, "ms": posted.milliseconds}
    attempts = letter.attempts + 1
    state, next_at = Letter.State.DELIVERED, now
    if not posted.arrived:
        left = rules().again[attempts - 1 :]
        state = Letter.State.WAITING if left else Letter.State.FAILED
        # Not all at the same moment, when an endpoint comes back.
        next_at = now + timedelta(seconds=left[0] * random.uniform(1, 1.1)) if left else now  # noqa: S311
    Letter.objects.filter(pk=letter.pk, state=Letter.State.WAITING, attempts=letter.attempts).update(
        state=state, next_at=next_at, attempts=attempts, tries=[*letter.tries, tried]
    )
    _judge(letter.endpoint_id, posted, now)


def _judge(key: UUID, posted: posting.Posted, now: datetime) -> None:
    """Switches off who says that it is gone, or hasn't answered well for days."""
    endpoint = Endpoint.objects.select_for_update().get(pk=key)
    if posted.arrived:
        if endpoint.failing_since:
            Endpoint.objects.filter(pk=key).update(failing_since=None)
        return
    since = endpoint.failing_since or now
    off = posted.status == GONE or now - since >= timedelta(days=rules().off_after_days)
    fields = {"failing_since": since, **({"state": Endpoint.State.FAILED} if off else {})}
    if off and endpoint.state == Endpoint.State.ACTIVE:
        record_event(None, endpoint, "webhook.switched_off", now, status=posted.status, error=posted.error)
    if endpoint.state == Endpoint.State.ACTIVE:
        Endpoint.objects.filter(pk=key).update(**fields)


def _soon(now: datetime) -> datetime:
    return now + timedelta(seconds=rules().again[1])

"""How many requests a tenant, its people and its machines have in a minute, so that one store's flood is nobody else's.

Counted in Valkey for all web processes, in one round trip: first whoever asks, then their tenant, and what the first
count refuses doesn't touch the second, so that one person can't use up their store's. Without Valkey everything is let
through.
"""

import time
from functools import cache
from pathlib import Path
from typing import Any

import structlog
import yaml
from django.conf import settings
from django.http import HttpRequest
from redis import Redis, RedisError
from redis.commands.core import Script

from tenants.addresses import client_address
from tenants.models import Tenant

SECONDS = 60
PATIENCE = 0.25
"""Seconds that Valkey has for an answer."""
COUNT = """
for place, key in ipairs(KEYS) do
  local number = redis.call('INCR', key)
  if number == 1 then redis.call('EXPIRE', key, ARGV[1]) end
  if number > tonumber(ARGV[place + 1]) then return redis.call('TTL', key) end
end
return -1
"""
log = structlog.get_logger("sanfang.limits")
_silent_until = 0.0


@cache
def table() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = yaml.safe_load((Path(__file__).parent / "limits.yaml").read_text("utf-8"))
    return found


def seconds_to_wait(request: HttpRequest) -> int:
    """0 for a request that may go on; else when its minute is over. Asked when it is known who is signed in."""
    return _counted(_counts(request))


def seconds_to_wait_outside(request: HttpRequest) -> int:
    """The same for a request that no tenant answers: an unknown host, a closed store."""
    return _counted(_by_address(request, "outside", table()["public"]["address"]))


def _counted(counts: list[tuple[str, int]]) -> int:
    if not (settings.RATE_LIMITS and counts):
        return 0
    prefix = settings.CACHES["shared"]["KEY_PREFIX"]
    keys = [f"{prefix}:requests:{name}" for name, _most in counts]
    try:
        left: Any = _script()(keys=keys, args=[SECONDS, *(most for _name, most in counts)])
    except RedisError as error:
        _tell(error)
        return 0
    return max(int(left), 1) if left >= 0 else 0


def _counts(request: HttpRequest) -> list[tuple[str, int]]:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    most, where = table()[tenant.kind], tenant.schema_name
    if getattr(request, "token", None):
        return [(f"{where}:token:{request.token.pk}", most["token"]), (f"{where}:tokens", most["tokens"])]  # type: ignore[attr-defined]
    if request.actor:  # type: ignore[attr-defined]
        return [(f"{where}:person:{request.user.pk}", most["person"]), (f"{where}:people", most["people"])]
    return [*_by_address(request, where, most["address"]), (f"{where}:visitors", most["visitors"])]


def _by_address(request: HttpRequest, where: str, most: int) -> list[tuple[str, int]]:
    address = client_address(request)
    return [(f"{where}:address:{address}", most)] if address else []


@cache
def _script() -> Script:
    shared = settings.CACHES["shared"]
    patience = {**shared["OPTIONS"], "socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    return Redis.from_url(shared["LOCATION"], **patience).register_script(COUNT)


def _tell(error: RedisError) -> None:
    """Once a minute: every request would say the same."""
    global _silent_until
    if time.monotonic() >= _silent_until:
        _silent_until = time.monotonic() + 60
        log.error("limits are off", reason=type(error).__name__)

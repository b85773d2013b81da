"""Is this process able to serve?"""

from functools import lru_cache
from typing import Any

import structlog
from django.apps import apps
from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, connection
from django.http import JsonResponse
from redis.exceptions import RedisError

from sanfang.tenancy.rollout.plans import KnownLoader
from sanfang.tenancy.rollout.states import Applied, applied

log = structlog.get_logger(__name__)


def _database() -> str:
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    """The public schema has every migration that this code knows (it may have newer ones).

    Asked by the schema's name: Django's own loader looks for its table by listing all tables of the catalogue.
    """
    missing = _missing(applied(connection, settings.PUBLIC_SCHEMA_NAME))
    return "ok" if not missing else f"{missing} missing"


@lru_cache(maxsize=1)
def _missing(has: Applied) -> int:
    """Remembered, as the files of a running process don't change and the records seldom do."""
    public = set(settings.TENANT_TYPES["public"]["APPS"])
    labels = {app.label for app in apps.get_app_configs() if app.name in public}
    loader = KnownLoader(has)
    return sum(key[0] in labels and key not in loader.applied_migrations for key in loader.disk_migrations or ())


def _cache() -> str:
    caches["shared"].set("readyz", 1, 5)
    return "ok"


def ready() -> JsonResponse:
    """200 when database, migrations and Valkey are as they should be, else 503 with what isn't."""
    found: dict[str, Any] = {}
    for name, probe in (("database", _database), ("migrations", _migrations), ("valkey", _cache)):
        try:
            found[name] = probe()
        except (DatabaseError, RedisError, OSError) as error:
            log.warning("not ready", part=name, error=type(error).__name__)
            found[name] = "unreachable"
    good = all(state == "ok" for state in found.values())
    return JsonResponse(found, status=200 if good else 503)

"""Is this process able to serve?"""

from typing import Any

import structlog
from django.apps import apps
from django.core.cache import caches
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import JsonResponse
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


def _database() -> str:
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    """The public schema has every migration that this code knows (it may have newer ones)."""
    loader = MigrationLoader(connection, ignore_no_migrations=True)
    public = {apps.get_app_config(label).label for label in loader.migrated_apps}
    from django.conf import settings

    names = set(settings.TENANT_TYPES["public"]["APPS"])
    public = {label for label in public if apps.get_app_config(label).name in names}
    missing = [key for key in loader.disk_migrations if key[0] in public and key not in loader.applied_migrations]
    return "ok" if not missing else f"{len(missing)} missing"


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

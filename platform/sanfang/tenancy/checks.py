"""Start-up checks for settings without which tenants would not be kept apart."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register


@register()
def places(app_configs: Any, **kwargs: Any) -> list[Error]:
    found = []
    for alias in ("default", "provisioner"):
        if settings.DATABASES.get(alias, {}).get("ENGINE") != "sanfang.tenancy.backend":
            found.append(Error(f"Database {alias!r} must use sanfang.tenancy.backend.", id="tenancy.E001"))
    if settings.DATABASES["default"].get("USER") == settings.DATABASES["provisioner"].get("USER") != "":
        found.append(
            Error(
                "The web login and the provisioner's login are the same role.",
                hint="Give web and workers DATABASE_URL with sanfang_app.",
                id="tenancy.E002",
            )
        )
    if settings.CACHES["default"].get("KEY_FUNCTION") != "sanfang.tenancy.cache.tenant_key":
        found.append(Error("The default cache must carry the tenant in its keys.", id="tenancy.E003"))
    return found

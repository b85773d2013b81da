"""What every page needs to know about the person looking at it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from frontend.navigation import navigation
from sanfang.kernel.permissions import Actor
from tenants.models import Tenant
from tenants.roles import roles

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"
SHORTCUTS_COOKIE = "shortcuts"

# The media query under which the dark tokens apply. Paper is always light.
_DARK_MEDIA = {
    "auto": "screen and (prefers-color-scheme: dark)",
    "light": "not all",
    "dark": "screen",
}


def appearance(request: HttpRequest) -> dict[str, Any]:
    """Theme, single-key shortcuts and the one `now` of the page."""
    theme = request.COOKIES.get(THEME_COOKIE, "auto")
    if theme not in THEMES:
        theme = "auto"
    return {
        "theme": theme,
        "dark_media": _DARK_MEDIA[theme],
        "shortcuts_off": request.COOKIES.get(SHORTCUTS_COOKIE) == "off",
        "now": timezone.now(),
        "platform_contact": settings.PLATFORM_CONTACT,
    }


def shell(request: HttpRequest) -> dict[str, Any]:
    """The frame around every signed-in page: where one is, who one is, where one may go."""
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _repair(tenant: Tenant | None, actor: Actor | None) -> dict[str, str] | None:
    """A store that is read-only says so on every page; its managers see why."""
    if tenant is None or not tenant.behind:
        return None
    return {"reason": tenant.behind if actor and actor.may("staff.manage") else ""}


def _shell(request: HttpRequest) -> dict[str, Any]:
    actor, tenant = getattr(request, "actor", None), getattr(request, "tenant", None)
    return {
        "nav": navigation(request),
        "search": tenant is not None and tenant.kind == "dealer" and actor is not None,
        "place": tenant.short_name if tenant else "",
        "repair": _repair(tenant, actor),
        "elsewhere": [
            {"slug": one.tenant.slug, "name": one.tenant.short_name, "role_label": roles()[one.role].title}
            for one in getattr(request, "elsewhere", [])
        ],
        "user": {"name": actor.name, "role_label": roles()[actor.role].title} if actor else None,
    }

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from frontend.context import SHORTCUTS_COOKIE, THEME_COOKIE, THEMES

_YEAR = 365 * 24 * 3600

_CHOICES: dict[str, tuple[str, ...]] = {THEME_COOKIE: THEMES, SHORTCUTS_COOKIE: ("on", "off")}
_LANGUAGES = {settings.LANGUAGE_COOKIE_NAME: tuple(code for code, _name in settings.LANGUAGES)}


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the theme and the shortcut switch in cookies: they belong to the machine, not to the person.

    A script asks for no page (204); a plain form goes back to where it came from.
    """
    response: HttpResponse = HttpResponse(status=204)
    if request.headers.get("X-Requested-With") != "fetch":
        back = request.POST.get("next", "")
        safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        response = HttpResponseRedirect(back if safe else "/")
    return keep(response, request, request.POST)


def keep(response: HttpResponse, request: HttpRequest, chosen: Mapping[str, str]) -> HttpResponse:
    """``response`` with a cookie for each choice that there is; anything else is passed over."""
    for name, allowed in {**_CHOICES, **_LANGUAGES}.items():
        if chosen.get(name) in allowed:
            response.set_cookie(
                name, chosen[name], max_age=_YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
            )
    return response

"""The main host has no tenant to enter, so its views say themselves who may open them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def operators_only(capability: str) -> Callable[[View], View]:
    """Sends visitors to sign in; raises Forbidden for people without ``capability``."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor = getattr(request, "actor", None)
            if actor is None:
                return redirect_to_login(request.get_full_path())
            actor.require(capability)
            return view(request, *args, **kwargs)

        return guarded

    return wrap

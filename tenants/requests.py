"""The request as views of a tenant get it, after the middleware in this package."""

from django.http import HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from sanfang.kernel.permissions import Actor
from tenants.models import Membership, Tenant

LEFT_HERE = "left_here"
"""In the session that follows one whose person is no longer a member here: the pages say what has happened."""


def wants_words_only(request: HttpRequest) -> bool:
    """A script asks, and shows the sentence beside what is on the page."""
    return bool(request.headers.get("HX-Request")) or request.headers.get("X-Requested-With") == "fetch"


def in_words(words: str, status: int, why: str = "") -> HttpResponse:
    """The answer for a script. ``why`` (closed, left) says that trying again is no use before something has changed."""
    answer = HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
    if why:
        answer["X-Refused"] = why
    return answer


class TenantRequest(HttpRequest):
    """``actor`` and ``membership`` are set whenever a view inside a tenant runs; the door's views test them."""

    request_id: str
    tenant: Tenant
    membership: Membership
    elsewhere: list[Membership]
    actor: Actor
    htmx: HtmxDetails

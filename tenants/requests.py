"""The request as views of a tenant get it, after the middleware in this package."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from sanfang.kernel.permissions import Actor
from tenants.models import Membership, Tenant


class TenantRequest(HttpRequest):
    """``actor`` and ``membership`` are set whenever a view inside a tenant runs; the door's views test them."""

    request_id: str
    tenant: Tenant
    membership: Membership
    elsewhere: list[Membership]
    actor: Actor
    htmx: HtmxDetails

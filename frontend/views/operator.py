"""The platform operator sees tenants, never what is in them."""

from collections import Counter

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from frontend.guards import operators_only
from tenants.queries import every_tenant
from tenants.requests import TenantRequest


@require_safe
@operators_only("platform.see")
def tenants(request: TenantRequest) -> HttpResponse:
    found = every_tenant()
    counts = Counter(tenant.kind for tenant in found)
    return render(request, "frontend/platform/tenants.html", {"tenants": found, "counts": counts})

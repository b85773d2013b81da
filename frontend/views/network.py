"""First pages of groups and car makers: who belongs to them, and honestly what will be here."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sanfang.kernel.errors import Forbidden
from tenants.queries import affiliates, region_managers
from tenants.requests import TenantRequest


@require_safe
def stores(request: TenantRequest) -> HttpResponse:
    request.actor.require("network.see")
    context = {
        "group": request.tenant,
        "stores": affiliates(request.tenant),
        "coming": [
            _("各店回访率、成功率、满意度并排比较，与最好的门店差多少"),
            _("每项指标的趋势和目标"),
            _("最好的门店做了哪些不一样的事"),
        ],
    }
    return render(request, "frontend/network/group.html", context)


@require_safe
def dealers(request: TenantRequest) -> HttpResponse:
    """Head office sees every region, a regional manager their own."""
    if not request.actor.may("network.see"):
        request.actor.require("network.see_region")
        if not request.membership.region:
            raise Forbidden("network.see_region without a region")
    region = "" if request.actor.may("network.see") else request.membership.region
    found = affiliates(request.tenant, region)
    managers = region_managers(request.tenant)
    names = dict.fromkeys(dealer.region for dealer in found)
    context = {
        "oem": request.tenant,
        "dealer_count": len(found),
        "regions": [
            {
                "name": name or _("未分区"),
                "manager": managers.get(name, ""),
                "dealers": [dealer for dealer in found if dealer.region == name],
            }
            for name in names
        ],
        "coming": [
            _("各经销商指标与区域、全网的对标和排名"),
            _("现场审核：检查表、照片、得分、整改与复查"),
            _("升级投诉：时限、督办、回复"),
        ],
    }
    return render(request, "frontend/network/oem.html", context)

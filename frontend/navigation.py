"""The rail: what this person may open, in the order of their day. Nothing that isn't built stands here."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True, slots=True)
class Place:
    """``area`` is a URL's name and its relatives' prefix; any of ``capabilities`` opens it."""

    area: str
    label: Any
    icon: str
    kinds: frozenset[str]
    capabilities: frozenset[str]


def _place(area: str, label: Any, icon: str, kinds: str, *capabilities: str) -> Place:
    return Place(area, label, icon, frozenset(kinds.split()), frozenset(capabilities))


PLACES = [
    _place("workbench", _("回访"), "phone-call", "dealer", "callback.see"),
    _place("customers", pgettext_lazy("several", "客户"), "users", "dealer", "customer.see"),
    _place("imports", _("导入"), "file-up", "dealer", "import.see"),
    _place("doubles", _("重复"), "combine", "dealer", "customer.merge"),
    _place("complaints", _("投诉"), "message-square-warning", "dealer", "complaint.see"),
    _place("tracking", _("跟踪"), "user-search", "dealer", "tracking.see", "tracking.own"),
    _place("messages", _("短信"), "message-square-text", "dealer", "message.see"),
    _place("team", _("团队"), "users-round", "dealer", "team.see"),
    _place("developers", _("接口"), "plug", "dealer", "token.manage"),
    _place("kpis", _("指标"), "chart-line", "dealer", "kpi.see"),
    _place("reports", _("日报"), "file-spreadsheet", "dealer", "report.sales", "report.service"),
    _place("checks", _("抽检"), "clipboard-check", "dealer", "check.see", "check.own"),
    _place("standards", _("标准"), "book-open-check", "dealer", "standard.see"),
    _place("stores", _("门店"), "store", "group", "network.see"),
    _place("dealers", pgettext_lazy("several", "经销商"), "building-2", "oem", "network.see", "network.see_region"),
    _place("tenants", _("租户"), "building-2", "public", "platform.see"),
    _place("staff", _("员工"), "id-card", "dealer group oem", "staff.see"),
]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    actor = getattr(request, "actor", None)
    tenant = getattr(request, "tenant", None)
    if actor is None or tenant is None:
        return []
    match = request.resolver_match
    here = match.route.split("/")[0] if match else ""
    return [
        {
            "key": place.area,
            "label": place.label,
            "url": reverse(place.area),
            "icon": place.icon,
            "current": reverse(place.area).strip("/") == here,
            "badge": 0,
            "badge_label": "",
        }
        for place in PLACES
        if tenant.kind in place.kinds and place.capabilities & actor.capabilities
    ]


def home_of(request: HttpRequest) -> str:
    """Where this person's day begins: the first place of their rail."""
    places = navigation(request)
    return str(places[0]["url"]) if places else reverse("mfa_index")

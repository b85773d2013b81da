"""What would this standard ask of us? And choosing the one that the store works by."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from crm.followups.comparing import callers, compare
from crm.followups.outlook import DAYS, forget, outlook
from crm.store.actions import choose_standard
from crm.store.policy import standards as policy
from crm.store.queries import StoreFacts, store
from frontend.bars import bars
from sanfang.kernel.errors import DomainError, NotFound
from sanfang.standards.packs import load_pack, shipped_packs
from tenants.requests import TenantRequest

WEEKS = (4, DAYS // 7)
MOST_PEOPLE = 99


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is compared: ``other`` standard's id, for so many weeks and people."""

    other: str
    weeks: int
    people: int

    @property
    def query(self) -> str:
        return "?" + urlencode({"against": self.other, "weeks": self.weeks, "people": self.people})


@require_safe
def standards(request: TenantRequest) -> HttpResponse:
    policy.require(request.actor, "see")
    now, place = timezone.now(), store()
    chosen = _chosen(request.GET, place)
    found = outlook(now)
    page: dict[str, Any] = {
        "place": place,
        "own": place.pack.title.get(get_language() or ""),
        "others": [(name, load_pack(name).title.get(get_language() or "")) for name in _others(place)],
        "chosen": chosen,
        "weeks": WEEKS,
        "may_choose": request.actor.may("standard.choose"),
        "job": found,
    }
    if found.forecast is not None:
        told = compare(found.forecast, place, chosen.other, chosen.weeks * 7, chosen.people)
        page |= {"page": told, "chart": _chart(told)}
    return render(request, "frontend/standards/page.html", page)


@require_safe
def progress(request: TenantRequest) -> HttpResponse:
    """Asked again every second by htmx until there is something to show."""
    policy.require(request.actor, "see")
    chosen = _chosen(request.GET, store())
    found = outlook(timezone.now())
    where = reverse("standards") + chosen.query
    if found.forecast is not None:
        return HttpResponseClientRedirect(where) if request.htmx else redirect(where)
    if not request.htmx:
        return redirect(where)
    return render(request, "frontend/standards/_progress.html", {"job": found, "chosen": chosen})


@require_POST
def again(request: TenantRequest) -> HttpResponse:
    """Since this morning files may have come."""
    policy.require(request.actor, "see")
    forget(timezone.now())
    return redirect(reverse("standards") + _chosen(request.POST, store()).query)


@require_http_methods(["GET", "HEAD", "POST"])
def choice(request: TenantRequest) -> HttpResponse:
    """Asked once more before the store changes its standard."""
    policy.require(request.actor, "choose")
    given = request.POST if request.method == "POST" else request.GET
    name, place = given.get("pack", ""), store()
    if name not in shipped_packs():
        raise NotFound(f"standard {name}")
    pack = load_pack(name)
    title = pack.title.get(get_language() or "")
    status = 200
    if request.method == "POST":
        try:
            choose_standard(request.actor, name, version=given.get("version", ""), now=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
            status = 409
        else:
            messages.success(request, _("从今天起按“%(standard)s”工作。") % {"standard": title})
            return redirect("standards")
    page = {"pack": pack, "title": title, "own": place.pack.title.get(get_language() or "")}
    return render(request, "frontend/standards/choice.html", page, status=status)


def _others(place: StoreFacts) -> list[str]:
    return [name for name in shipped_packs() if name != place.pack.id]


def _chosen(given: QueryDict, place: StoreFacts) -> Chosen:
    """What stands in an address may be anything."""
    others = _others(place)
    other = given.get("against", "")
    weeks = given.get("weeks", "")
    people = given.get("people", "")
    usable = people.isascii() and people.isdecimal() and len(people) < 4
    return Chosen(
        other=other if other in others else others[0],
        weeks=next((one for one in WEEKS if str(one) == weeks), WEEKS[0]),
        people=min(max(int(people), 1), MOST_PEOPLE) if usable else max(callers().count(), 1),
    )


def _chart(told: Any) -> Any:
    labels = [date_format(day, _("n月j日")) for day in told.days]
    return bars([one.calls for one in told.loads], labels, [one.title for one in told.loads], told.capacity, every=7)

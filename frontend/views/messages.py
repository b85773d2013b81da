"""Messages to customers, and what the development gateway kept instead of sending."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from crm.store.queries import store
from crm.surveys.queries import messages as sent_messages
from crm.surveys.queries import said_by_every_message
from sanfang.messaging.gateways import in_development
from sanfang.messaging.queries import outbox as sent_nowhere
from sanfang.messaging.trial import choices, known_variables, tried
from tenants.requests import TenantRequest


@require_safe
def messages(request: TenantRequest) -> HttpResponse:
    context = {
        "messages_list": sent_messages(request.actor, timezone.now()),
        "outbox_url": reverse("messages-outbox") if in_development() else None,
    }
    return render(request, "frontend/messages/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: TenantRequest) -> HttpResponse:
    """A text tried on a provider's rules while it is written. Nothing is stored or sent."""
    place = store()
    asked = request.POST if request.method == "POST" else request.GET
    chosen = {name: asked.get(name, usual) for name, usual in (("provider", "aliyun"), ("purpose", "notice"))}
    body = asked.get("body", "") or place.pack.messages["survey_link"].zh
    fixed = said_by_every_message(place)
    trial = tried(request.actor, body, store=place.short_name, fixed=fixed, **chosen)
    context = {"trial": trial, "body": body, "providers": choices(), "variables": known_variables(), **chosen}
    return render(request, f"frontend/messages/{'_trial' if request.htmx else 'compose'}.html", context)


@require_safe
def outbox(request: TenantRequest) -> HttpResponse:
    return render(request, "frontend/messages/outbox.html", {"outbox": sent_nowhere(request.actor)})

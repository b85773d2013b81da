"""Messages to customers, and what the development gateway kept instead of sending."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm.surveys.queries import messages as sent_messages
from sanfang.messaging.gateways import in_development
from sanfang.messaging.queries import outbox as sent_nowhere
from tenants.requests import TenantRequest


@require_safe
def messages(request: TenantRequest) -> HttpResponse:
    context = {
        "messages_list": sent_messages(request.actor, timezone.now()),
        "outbox_url": reverse("messages-outbox") if in_development() else None,
    }
    return render(request, "frontend/messages/list.html", context)


@require_safe
def outbox(request: TenantRequest) -> HttpResponse:
    return render(request, "frontend/messages/outbox.html", {"outbox": sent_nowhere(request.actor)})

"""Where the store's events are told, how each telling went, and a page to try the API on."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api import openapi
from api.policy import MANAGE
from api.webhooks import actions, queries
from api.webhooks.rules import kinds
from sanfang.kernel.errors import DomainError
from tenants.requests import TenantRequest


class EndpointForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("地址"),
        max_length=500,
        help_text=gettext_lazy("公网上的 https 地址。通知只说发生了什么和编号，不含客户资料。"),
    )


@require_safe
def webhooks(request: TenantRequest) -> HttpResponse:
    return render(request, "frontend/developers/webhooks.html", {"endpoints": queries.listed(request.actor)})


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: TenantRequest) -> HttpResponse:
    """The answer to the form is the one page that shows the secret."""
    request.actor.require(MANAGE)
    chosen = request.POST.getlist("kinds")
    form = EndpointForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = actions.create(
                request.actor, url=form.cleaned_data["url"], names=chosen, now=timezone.now()
            )
        except DomainError as refusal:
            form.add_error("url" if refusal.field == "url" else None, str(refusal))
        else:
            return _secret(request, endpoint.pk, endpoint.url, secret)
    context = {"form": form, "kinds": list(kinds().values()), "chosen": chosen}
    status = 422 if request.method == "POST" else 200
    return render(request, "frontend/developers/webhook_new.html", context, status=status)


@require_safe
def webhook(request: TenantRequest, key: UUID) -> HttpResponse:
    context = {"endpoint": queries.one(request.actor, key), "letters": queries.letters(request.actor, key)}
    return render(request, "frontend/developers/webhook.html", context)


@require_POST
def renewal(request: TenantRequest, key: UUID) -> HttpResponse:
    endpoint, secret = actions.renew_secret(request.actor, key, timezone.now())
    return _secret(request, key, endpoint.url, secret)


@require_POST
def switch(request: TenantRequest, key: UUID) -> HttpResponse:
    actions.switch(request.actor, key, on=request.POST.get("on") == "1", now=timezone.now())
    return redirect("webhook", key)


@require_POST
def ping(request: TenantRequest, key: UUID) -> HttpResponse:
    actions.ping(request.actor, key, timezone.now())
    messages.success(request, _("测试通知已排队，半分钟内发出。"))
    return redirect("webhook", key)


@require_POST
def removal(request: TenantRequest, key: UUID) -> HttpResponse:
    endpoint = actions.remove(request.actor, key, timezone.now())
    messages.success(request, _("已删除 %(url)s，不再通知。") % {"url": endpoint.url})
    return redirect("webhooks")


@require_POST
def replay(request: TenantRequest, key: UUID) -> HttpResponse:
    letter = actions.replay(request.actor, key, timezone.now())
    messages.success(request, _("已排队重发，编号不变。"))
    return redirect("webhook", letter.endpoint_id)


@require_safe
def trial(request: TenantRequest) -> HttpResponse:
    request.actor.require(MANAGE)
    return render(request, "frontend/developers/try.html", {"operations": _operations()})


@require_safe
def description(request: TenantRequest) -> HttpResponse:
    request.actor.require(MANAGE)
    return HttpResponse(openapi.COMMITTED.read_bytes(), content_type="application/yaml")


def _operations() -> list[dict[str, Any]]:
    return [
        {
            "id": operation["operationId"],
            "method": method.upper(),
            "path": path,
            "summary": operation["summary"],
            "description": operation["description"],
            "fields": [
                {"name": one["name"], "where": one["in"], "about": one.get("description", "")}
                for one in operation.get("parameters", [])
                if one["name"] != "If-None-Match"
            ],
            "body": "requestBody" in operation,
        }
        for path, operations in openapi.committed()["paths"].items()
        for method, operation in operations.items()
    ]


def _secret(request: TenantRequest, key: UUID, url: str, secret: str) -> HttpResponse:
    return render(request, "frontend/developers/webhook_secret.html", {"key": key, "url": url, "secret": secret})

"""The store's tokens: made, shown once, taken over and revoked by its managers."""

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

from api.actions import create_token, hand_over_token, revoke_token, rules
from api.policy import MANAGE
from api.queries import Listed, choices, listed
from sanfang.kernel.errors import DomainError, NotFound
from tenants.requests import TenantRequest


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("用在哪里"),
        max_length=60,
        help_text=gettext_lazy("例如：DMS 每晚同步。以后凭它辨认该停用哪一个。"),
    )
    days = forms.TypedChoiceField(label=gettext_lazy("有效期"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days: Any = self.fields["days"]
        days.choices = [(one, _("%(days)d 天") % {"days": one}) for one in rules()["days"]]


@require_safe
def developers(request: TenantRequest) -> HttpResponse:
    request.actor.require(MANAGE)
    rows = listed(request.actor, request.tenant, timezone.now())
    return render(request, "frontend/developers/tokens.html", {"tokens": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: TenantRequest) -> HttpResponse:
    """The answer to the form is the one page that ever shows the token."""
    request.actor.require(MANAGE)
    chosen = request.POST.getlist("scopes")
    if request.method != "POST":
        return _form(request, TokenForm(), chosen)
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            token, code = create_token(
                request.actor,
                request.tenant,
                name=form.cleaned_data["name"],
                names=chosen,
                days=form.cleaned_data["days"],
                now=timezone.now(),
            )
        except DomainError as refusal:
            field = refusal.field if refusal.field in form.fields else None
            form.add_error(field, str(refusal))
        else:
            return render(request, "frontend/developers/made.html", {"token": token, "code": code})
    return _form(request, form, chosen, 422)


@require_http_methods(["GET", "HEAD", "POST"])
def revocation(request: TenantRequest, key: UUID) -> HttpResponse:
    token = _token(request, key)
    if request.method == "POST":
        revoke_token(request.actor, request.tenant, key, timezone.now())
        messages.success(request, _("令牌“%(name)s”已停用，立即失效。") % {"name": token.name})
        return redirect("developers")
    return render(request, "frontend/developers/revoke.html", {"token": token})


@require_POST
def takeover(request: TenantRequest, key: UUID) -> HttpResponse:
    token = _token(request, key)
    hand_over_token(request.actor, request.tenant, key, timezone.now())
    messages.success(request, _("令牌“%(name)s”现在由您负责。") % {"name": token.name})
    return redirect("developers")


def _token(request: TenantRequest, key: UUID) -> Listed:
    request.actor.require(MANAGE)
    found = next((one for one in listed(request.actor, request.tenant, timezone.now()) if one.id == key), None)
    if found is None:
        raise NotFound(f"token {key}")
    return found


def _form(request: TenantRequest, form: TokenForm, chosen: list[str], status: int = 200) -> HttpResponse:
    context = {"form": form, "choices": choices(request.actor), "chosen": chosen}
    return render(request, "frontend/developers/new.html", context, status=status)

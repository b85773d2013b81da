"""Signing out: of this store, of all of one's stores, or of everywhere but here."""

from typing import Any

from allauth.account.views import LogoutView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from tenants.sessions import end_other_sessions, end_sessions, signed_in_elsewhere


class SignOutView(LogoutView):  # type: ignore[misc]
    """Who is still signed in at another store is told so before they walk away from a shared computer.

    POST ``scope``: ``here``, ``everywhere`` or ``others``; without it, and with other sessions open, the page asks.
    """

    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"elsewhere": signed_in_elsewhere(self.request)}

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.request.user.is_authenticated:
            return self._out(*args, **kwargs)
        scope = self.request.POST.get("scope", "")
        if scope == "others":
            end_other_sessions(self.request)
            messages.success(self.request, _("其他电脑和其他门店上的登录都已退出，这里仍然登录着。"))
            return redirect("mfa_index")
        if scope == "everywhere":
            end_sessions(self.request.user)
        elif not scope and signed_in_elsewhere(self.request):
            asks: HttpResponse = super().get(*args, **kwargs)
            return asks
        answer = self._out(*args, **kwargs)
        if scope == "everywhere":
            messages.success(self.request, _("所有门店的登录都已退出。"))
        return answer

    def _out(self, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = super().post(*args, **kwargs)
        return answer


sign_out = SignOutView.as_view()

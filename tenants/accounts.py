"""Signing in: allauth does it; here is only what our people and tenants need differently."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from tenants.addresses import client_address
from tenants.forms import MobileField, clean_mobile
from tenants.models import User
from tenants.queries import live_membership
from tenants.requests import LEFT_HERE


class MemberBackend(AuthenticationBackend):
    """A right password opens a tenant's door only to its members; others get the answer of a wrong one."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        user = super().authenticate(request, **credentials)
        tenant = getattr(request, "tenant", None)
        if not isinstance(user, User) or tenant is None or live_membership(user, tenant.schema_name) is None:
            return None
        return user

    @classmethod
    def _stash_user(cls, user: Any) -> Any:
        """allauth would tell a deactivated person apart from a wrong password. We don't."""
        return super()._stash_user(None)


class AccountAdapter(DefaultAccountAdapter):
    """Mobile numbers are Chinese ones; nobody signs up by themselves."""

    # One answer for everybody without a way in, and true of each of them (ADR 0015).
    wrong = _("账号或密码不正确，或者这个账号在这里没有岗位。账号是您的邮箱或手机号。")
    error_messages: ClassVar = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": wrong,
        "phone_password_mismatch": wrong,
        "too_many_login_attempts": format_lazy(
            _("验证码连续输错太多次，为了安全暂时锁定。请在 {minutes} 分钟后再试。"),
            minutes=settings.SECOND_FACTOR_MINUTES,
        ),
    }

    def login(self, request: HttpRequest, user: Any) -> None:
        request.session.pop(LEFT_HERE, None)
        super().login(request, user)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong passwords are django-axes' to count: allauth would count every mobile number as one and the same."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """allauth reads headers by settings of its own. Where nobody knows the address, all share an empty one."""
        return client_address(request) or ""

    def phone_form_field(self, **kwargs: Any) -> MobileField:
        return MobileField(**kwargs)

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        return (user.phone, True) if user.phone else None

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        user.phone = clean_mobile(phone)
        user.save(update_fields=["phone"])

    def set_phone_verified(self, user: Any, phone: str) -> None:
        self.set_phone(user, phone, True)

    def get_user_by_phone(self, phone: str) -> User | None:
        return User.objects.filter(phone=clean_mobile(phone)).first()

    def send_verification_code_sms(self, user: Any, phone: str, code: str, **kwargs: Any) -> None:
        raise RuntimeError("Sign-in codes by SMS are not offered.")

    def send_unknown_account_sms(self, phone: str, **kwargs: Any) -> None:
        raise RuntimeError("Sign-in codes by SMS are not offered.")


class SecondFactorAdapter(DefaultMFAAdapter):
    """The words of the second factor."""

    error_messages: ClassVar = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("验证码不正确。请用验证器应用现在显示的 6 位数字，或一个没用过的恢复码；手机的时间要准。"),
    }


def lockout_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str | None:
    """Whom django-axes counts failures for: the account, however its owner named it.

    Someone who is locked out as an e-mail address is so as a mobile number too. Names without an account
    are counted as typed, in the same way.
    """
    given = credentials or {}
    email = str(given.get("email") or given.get("username") or "").strip().lower()
    phone = clean_mobile(str(given.get("phone") or ""))
    if not email and not phone:
        typed = request.POST.get("login", "").strip().lower()
        email, phone = (typed, "") if "@" in typed else ("", clean_mobile(typed))
    user = User.objects.filter(email=email).first() if email else User.objects.filter(phone=phone).first()
    return f"user:{user.pk}" if user else ((email or phone)[:254] or None)

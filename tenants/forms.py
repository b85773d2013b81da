import re
from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _


def clean_mobile(text: str) -> str:
    """A mobile number as it is stored: 11 digits, without +86, blanks and hyphens."""
    return re.sub(r"^(\+?86)(?=1\d{10}$)", "", re.sub(r"[\s\-]", "", text))


class MobileField(forms.CharField):
    def clean(self, value: Any) -> str:
        number = clean_mobile(super().clean(value) or "")
        if number and not re.fullmatch(r"1[3-9]\d{9}", number):
            raise ValidationError(_("请输入 11 位手机号。"))
        return number


class SignInForm(LoginForm):
    """One field for e-mail or mobile number."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("邮箱或手机号")
        self.fields["login"].widget.attrs.update({"placeholder": "", "autocomplete": "username", "autofocus": True})
        self.fields["login"].validators.append(MaxLengthValidator(254))
        self.fields["password"].label = _("密码")
        self.fields["password"].widget.attrs.pop("placeholder", None)

"""What every host has: signing in, second factor, going to another store of one's own, language and theme.

Of allauth's addresses only those whose pages we stand behind: no signing up, no change of e-mail or mobile by
oneself (both name a person to their employer).
"""

from allauth.account import views
from django.urls import include, path, re_path
from django.views.i18n import set_language

from frontend.views import switcher
from frontend.views.preferences import preferences
from frontend.views.signing_out import sign_out

accounts = [
    path("login/", views.login, name="account_login"),
    path("logout/", sign_out, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", views.signup, name="account_signup"),  # answers that it is closed
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("2fa/", include("allauth.mfa.urls")),
    path("departure/", switcher.departure, name="departure"),
    path("arrival/", switcher.arrival, name="arrival"),
]

urlpatterns = [
    path("accounts/", include(accounts)),
    path("preferences/", preferences, name="preferences"),
    path("preferences/language/", set_language, name="set_language"),
]

"""All of a person's sessions: which are open elsewhere, and ending them at once.

Cookies belong to one host, so a person who goes from store to store has a session in each. A number in the person's row
is part of what every session is checked against with each request: counting it up ends all of them everywhere, in one
statement, without looking for them. Tickets under way end with their session (tenants.handover).
"""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db.models import F
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from tenants.models import Tenant, User

TRAIL = "trail"
"""In a session: the sessions of the stores that its person came from and went to, by schema name."""


def end_sessions(user: User) -> None:
    """Ends every session of this person, on every host."""
    User.objects.filter(pk=user.pk).update(sessions_ended=F("sessions_ended") + 1)
    user.refresh_from_db(fields=["sessions_ended"])


def end_other_sessions(request: HttpRequest) -> None:
    """Ends every session of this person but the one that asks."""
    user = request.user
    assert isinstance(user, User)
    end_sessions(user)
    request.session.pop(TRAIL, None)
    update_session_auth_hash(request, user)


def signed_in_elsewhere(request: HttpRequest) -> list[str]:
    """The names of the stores where sessions that hang together with this one are still open."""
    trail: dict[str, str] = request.session.get(TRAIL, {})
    if not trail:
        return []
    alive = set(
        Session.objects.filter(pk__in=trail.values(), expire_date__gt=timezone.now()).values_list("pk", flat=True)
    )
    there = [schema for schema, key in trail.items() if key in alive]
    return list(Tenant.objects.filter(schema_name__in=there).values_list("short_name", flat=True)) if there else []


@receiver(authenticator_added)
def second_factor_set_up(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Whoever sets it up has just shown it: that counts as signed in with it, and sessions without it end."""
    if authenticator.type != Authenticator.Type.TOTP:
        return
    record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
    end_other_sessions(request)

"""What the platform itself holds of a tenant's people."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q

from sanfang.tenancy.context import door
from tenants.models import Affiliation, Membership, Tenant, User
from tenants.signals import SESSION_KEY

ANONYMOUS = "已注销"


def forget_people(tenant: Tenant) -> int:
    """Removes the tenant's memberships, affiliations and sessions. Whoever belongs nowhere else becomes nobody in
    particular: their account stays, as others' rows point at its number, without a name, an address or a way in.

    Returns how many became anonymous. Repeatable.
    """
    with door(), transaction.atomic():
        elsewhere = Membership.objects.exclude(tenant=tenant).values("user_id")
        here = Membership.objects.filter(tenant=tenant).values("user_id")
        people = list(User.objects.filter(pk__in=here).exclude(pk__in=elsewhere).order_by("pk").select_for_update())
        _end_sessions(tenant.schema_name, {str(person.pk) for person in people})
        for person in people:
            _anonymise(person)
        Membership.objects.filter(tenant=tenant).delete()
        Affiliation.objects.filter(Q(holder=tenant) | Q(member=tenant)).delete()
    return len(people)


def _anonymise(person: User) -> None:
    known_as = [name for name in (f"user:{person.pk}", person.email, person.phone) if name]
    for attempts in (AccessAttempt, AccessFailureLog, AccessLog):
        attempts.objects.filter(username__in=known_as).delete()
    EmailAddress.objects.filter(user=person).delete()
    Authenticator.objects.filter(user=person).delete()
    person.name, person.email, person.phone = ANONYMOUS, f"{person.pk}@erased.invalid", None
    person.is_active, person.last_login = False, None
    person.set_unusable_password()
    person.save()


def _end_sessions(schema: str, people: set[str]) -> None:
    """Sessions say whose they are only inside."""
    gone = []
    for session in Session.objects.iterator():
        inside: dict[str, Any] = session.get_decoded()
        if inside.get(SESSION_KEY) == schema or inside.get("_auth_user_id") in people:
            gone.append(session.pk)
    Session.objects.filter(pk__in=gone).delete()

"""People who are signed in without a form, for many stores at once."""

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.auth import SESSION_KEY as USER_KEY
from django.contrib.sessions.backends.db import SessionStore

from tenants.models import Tenant, User
from tenants.signals import SESSION_KEY


def session_of(tenant: Tenant, user: User) -> str:
    """The key of a fresh session of ``user``'s at ``tenant``."""
    session = SessionStore()
    session[USER_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY], session[SESSION_KEY] = user.get_session_auth_hash(), tenant.schema_name
    session.save()
    return str(session.session_key)

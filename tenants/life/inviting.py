"""The first people of a tenant, and whoever can't be added by its own managers: added by the operator."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import door
from tenants.actions import add_member
from tenants.life.models import Deed
from tenants.life.work import OPEN_OR_SUSPENDED, alone_with, deed, end, refuse_unless
from tenants.models import Tenant, User
from tenants.queries import address_of
from tenants.roles import roles

FIRST_ROLE = {"dealer": "general_manager", "group": "group_head", "oem": "oem_head_office"}
"""Who comes first in a new tenant of a kind."""


def invite(tenant: Tenant, *, name: str, email: str, role: str, by: str, dry_run: bool = False) -> str:
    """Gives the person with ``email`` the role, making the account if there is none. Repeating it changes nothing.

    Returns the address at which they set their password, once, within PASSWORD_RESET_TIMEOUT; "" for an account that
    has one. Raises :class:`DomainError` for an unknown role or a person who has another role there, and
    ``ValidationError`` for what is no e-mail address.
    """
    _refuse_unknown(tenant, role)
    email = email.strip().lower()
    with alone_with(tenant, look_only=dry_run):
        refuse_unless(tenant, *OPEN_OR_SUSPENDED)
        with door():
            person: User | None = User.objects.filter(email=email).first()
            _refuse_another_role(tenant, person, role)
        if dry_run:
            User(name=name, email=email).full_clean(exclude=["password"], validate_unique=False)
            return ""
        with deed(tenant, "add-person", by, role=role) as row, door(), transaction.atomic():
            person = person or User.objects.create_user(name=name, email=email)
            row.details["user"] = person.pk
            add_member(tenant, person, role)
            end(row, Deed.Outcome.DONE)
    return "" if person.has_usable_password() else _password_link(tenant, person)


def _refuse_unknown(tenant: Tenant, role: str) -> None:
    known = [key for key, one in roles().items() if tenant.kind in one.kinds]
    if role not in known:
        said = {"role": role, "known": ", ".join(known)}
        raise DomainError(_("“%(role)s”不是这类租户的岗位。可用的有：%(known)s") % said, code="unknown_role")


def _refuse_another_role(tenant: Tenant, person: User | None, role: str) -> None:
    """Changing somebody's role is their managers' business."""
    live = tenant.memberships.filter(user=person, ended_at__isnull=True).first() if person else None
    if live and live.role != role:
        said = {"email": live.user.email, "role": live.role}
        raise DomainError(_("%(email)s 在这里已是 %(role)s，没有改动。") % said, code="another_role")


def _password_link(tenant: Tenant, person: User) -> str:
    key = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    return address_of(tenant, reverse("account_reset_password_from_key", kwargs=key))

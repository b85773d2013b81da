"""Opens the demo network: tenants out of the pool, people with their roles, who belongs to whom. Repeatable."""

from collections.abc import Collection

from django.contrib.auth.hashers import make_password

from infra.demo.cast import NETWORK, Dealer, Holder
from infra.demo.staff import ELSEWHERE, Person
from sanfang.tenancy.context import door
from tenants.actions import add_member
from tenants.models import Affiliation, Kind, Tenant, User
from tenants.provisioning import claim, ensure_public_tenant


def open_network(password: str, dealers: Collection[str] | None = None) -> dict[str, Tenant]:
    """The tenants of the network by slug, with everybody able to sign in with ``password``.

    It is hashed once for all, which a real account's never is: eighty hashes made to be slow take long.

    ``dealers`` names the dealers to open; all without it. What exists already stays as it is.
    """
    encoded = make_password(password)
    chosen = [dealer for dealer in NETWORK.dealers if dealers is None or dealer.slug in dealers]
    tenants = {dealer.slug: _open(dealer, Kind.DEALER, encoded) for dealer in chosen}
    for holder, kind in ((NETWORK.group, Kind.GROUP), (NETWORK.oem, Kind.OEM)):
        tenants[holder.slug] = _open(holder, kind, encoded)
        for dealer in chosen:
            if dealer.slug in holder.members:
                _affiliate(tenants[holder.slug], tenants[dealer.slug], dealer.region if kind == Kind.OEM else "")
    ensure_public_tenant()
    with door():
        public = Tenant.objects.get(schema_name="public")
    tenants[public.slug] = public
    for person in NETWORK.operators:
        _employ(public, person, encoded)
    for email, slug, role in ELSEWHERE:
        if slug in tenants:
            with door():
                user = User.objects.get(email=email)
            add_member(tenants[slug], user, role)
    return tenants


def _open(place: Dealer | Holder, kind: Kind, encoded: str) -> Tenant:
    with door():
        tenant: Tenant | None = Tenant.objects.filter(slug=place.slug).first()
    if tenant is None:
        city = place.place.city if isinstance(place, Dealer) else place.city
        tenant = claim(
            kind=kind, slug=place.slug, name=place.name, short_name=place.short_name, city=city, phone=place.phone
        )
    for person in place.staff:
        _employ(tenant, person, encoded)
    return tenant


def _employ(tenant: Tenant, person: Person, encoded: str) -> None:
    with door():
        user = User.objects.filter(email=person.email).first()
        if user is None:
            user = User.objects.create_user(name=person.name, email=person.email, phone=person.mobile)
            user.password, user.language = encoded, person.language
            user.save(update_fields=["password", "language"])
    add_member(tenant, user, person.role, region=person.region)


def _affiliate(holder: Tenant, member: Tenant, region: str) -> None:
    with door():
        Affiliation.objects.update_or_create(holder=holder, member=member, defaults={"region": region})

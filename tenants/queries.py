"""Questions about tenants and memberships, asked at the door."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import UUID

import structlog
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import caches
from django.db.models import Count, Q, QuerySet
from redis import RedisError

from sanfang.tenancy.context import door
from tenants.models import Affiliation, Domain, Kind, Membership, State, Tenant, User
from tenants.roles import roles

log = structlog.get_logger("sanfang.tenants")
VERSION = "tenants:version"
TENANT_SECONDS = 30
"""How long a looked-up tenant is believed; a change shows at once because it moves the version."""


def tenant_of_host(host: str) -> Tenant | None:
    """The tenant whose address ``host`` is (without port), or None. One round trip to the cache."""
    try:
        return _remembered(host)
    except RedisError:
        # Without the cache everything is slower, and goes on.
        return _looked_up(host)


def _remembered(host: str) -> Tenant | None:
    cache, key = caches["shared"], f"tenant:{host.lower()}"
    found = cache.get_many([VERSION, key])
    version = found.get(VERSION) or cache.get_or_set(VERSION, 1, None)
    known_at, known = found.get(key, (None, None))
    if known_at == version:
        return cast(Tenant | None, known)
    tenant = _looked_up(host)
    # With the version as it was before we asked: whatever changed since has moved it.
    cache.set(key, (version, tenant), TENANT_SECONDS)
    return tenant


def _looked_up(host: str) -> Tenant | None:
    domain = Domain.objects.select_related("tenant").filter(domain=host.lower()).first()
    return cast(Tenant, domain.tenant) if domain else None


def forget_tenants() -> None:
    """Makes every process look tenants up afresh. The change itself stands with the cache down as well: nobody is
    told by the cache then, and when it is back it has forgotten what it knew after ``TENANT_SECONDS``."""
    cache = caches["shared"]
    try:
        cache.get_or_set(VERSION, 1, None)
        cache.incr(VERSION)
    except RedisError as error:
        log.error("tenants not forgotten", reason=type(error).__name__)


def live_memberships(user: User) -> list[Membership]:
    """Every place where this person may work, by name of its address."""
    if not user.is_active:
        return []
    found = list(
        Membership.objects.filter(user=user, ended_at__isnull=True).select_related("tenant").order_by("tenant__slug")
    )
    for membership in found:
        membership.user = user
    return found


def live_membership(user: User, schema_name: str) -> Membership | None:
    return next((one for one in live_memberships(user) if one.tenant_id == schema_name), None)


def tenant_by_code(code: str) -> Tenant | None:
    """The tenant whose public short codes begin with ``code``, whatever its state."""
    found: Tenant | None = Tenant.objects.filter(code=code).first()
    return found


def open_stores_signing(name: str) -> list[Tenant]:
    """Dealers whose messages are signed with ``name``. Asked at the door."""
    return [one for one in Tenant.objects.filter(kind=Kind.DEALER, short_name=name) if one.is_open] if name else []


def affiliated(holder: Tenant, region: str = "") -> QuerySet[Affiliation]:
    """The dealers of a group or a car maker, perhaps of one region; works under the holder's own role."""
    rows = Affiliation.objects.filter(holder=holder).select_related("member").order_by("region", "member__slug")
    return rows.filter(region=region) if region else rows


def host_of(tenant: Tenant) -> str:
    return str(settings.MAIN_HOST if tenant.kind == "public" else f"{tenant.slug}{settings.TENANT_HOST_SUFFIX}")


def address_of(tenant: Tenant, path: str = "/") -> str:
    """The full address of ``path`` at a tenant, as a link that a person can open."""
    port = f":{settings.PUBLIC_PORT}" if settings.PUBLIC_PORT else ""
    return f"{settings.PUBLIC_SCHEME}://{host_of(tenant)}{port}{path}"


@dataclass(frozen=True, slots=True)
class Listed:
    """A tenant as others may see it in a list: no more than its name plate and state."""

    name: str
    slug: str
    kind: str
    kind_label: str
    city: str
    region: str
    state: str
    state_label: str
    tone: str
    url: str
    host: str
    since: datetime | date
    created_at: datetime
    members: int


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody's membership, as their manager sees it. ``id`` is the staff id."""

    id: UUID
    name: str
    email: str
    phone_masked: str
    role: str
    role_label: str
    since: datetime
    last_seen: datetime | None
    second_factor: bool


TONES = {State.READY: "good", State.SUSPENDED: "warn", State.LEAVING: "warn"}


def affiliates(holder: Tenant, region: str = "") -> list[Listed]:
    """The dealers of a group or a car maker (perhaps of one region), each once. Runs as the holder."""
    return [_listed(row.member, region=row.region, since=row.since) for row in affiliated(holder, region)]


def open_tenants() -> list[Listed]:
    """For the landing page of a development machine."""
    found = Tenant.objects.filter(state=State.READY).exclude(kind=Kind.PUBLIC).order_by("kind", "slug")
    return [_listed(tenant) for tenant in found]


def every_tenant() -> list[Listed]:
    """For the operator, with the number of people who can sign in."""
    counted = Count("memberships", filter=Q(memberships__ended_at__isnull=True))
    found = Tenant.objects.exclude(kind=Kind.PUBLIC).annotate(people=counted).order_by("kind", "slug")
    return [_listed(tenant, members=tenant.people) for tenant in found]


def members(tenant: Tenant) -> list[Member]:
    """Everybody who can sign in at ``tenant``, in the order of the roles table. Asked at the door."""
    order = {key: position for position, key in enumerate(roles())}
    with door():
        protected = set(Authenticator.objects.filter(type="totp").values_list("user_id", flat=True))
        found = list(tenant.memberships.filter(ended_at__isnull=True).select_related("user"))
    found.sort(key=lambda one: (order[one.role], one.user.name))
    return [
        Member(
            id=one.staff_id,
            name=one.user.name,
            email=one.user.email or "",
            phone_masked=f"{one.user.phone[:3]}****{one.user.phone[-4:]}" if one.user.phone else "",
            role=one.role,
            role_label=roles()[one.role].title,
            since=one.since,
            last_seen=one.user.last_login,
            second_factor=one.user_id in protected,
        )
        for one in found
    ]


def region_managers(oem: Tenant) -> dict[str, str]:
    """Region → its manager's name."""
    with door():
        found = oem.memberships.filter(ended_at__isnull=True).exclude(region="").select_related("user")
        return {one.region: one.user.name for one in found}


def _listed(tenant: Tenant, *, region: str = "", since: date | None = None, members: int = 0) -> Listed:
    address = address_of(tenant)
    return Listed(
        name=tenant.name,
        slug=tenant.slug,
        kind=tenant.kind,
        kind_label=str(Kind(tenant.kind).label),
        city=tenant.city,
        region=region,
        state=tenant.state,
        state_label=str(State(tenant.state).label),
        tone=TONES.get(State(tenant.state), "muted"),
        url=address,
        host=address.split("//")[1].rstrip("/"),
        since=since or tenant.created_at,
        created_at=tenant.created_at,
        members=members,
    )

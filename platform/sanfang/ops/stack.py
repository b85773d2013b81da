"""What the product needs around it, for development and tests: addresses of a database and a queue that answer.

``DATABASE_URL`` and ``BROKER_URL`` name servers that exist already; without them the embedded ones are started.
"""

import json
import os
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg

from sanfang.ops import postgres, presence, roles, valkey
from sanfang.ops.errors import StackError
from sanfang.ops.places import Place, Profile, lock, write_private

DATABASE = "sanfang"
MAINTENANCE_DATABASES = {"", "postgres", "template1"}
"""Databases that an administrator connects to without meaning them."""


@dataclass(frozen=True, slots=True)
class Services:
    admin_url: str | None
    """An administrator of the database server, connected to a database that always exists; None: we were given the
    logins, and no more."""
    database_url: str
    provisioner_url: str
    relay_url: str | None
    broker_url: str
    cache_url: str


def ensure_services(profile: Profile) -> Services:
    """Finds or starts PostgreSQL and Valkey, makes sure of the database and its roles. Any number of callers at once.

    Raises :class:`StackError`.
    """
    place = Place(profile)
    broker_url, cache_url = ensure_queue(place)
    return ensure_logins(place, ensure_database(place), broker_url, cache_url)


def ensure_database(place: Place) -> str | None:
    """The administrator's address; None if ``DATABASE_URL`` is a login without such rights."""
    given = os.environ.get("DATABASE_URL")
    if not given:
        return postgres.ensure(place).admin_url
    parts = urlsplit(given)
    maintenance = urlunsplit(parts._replace(path="/postgres"))
    try:
        may_create = _may_create_roles(given)
    except psycopg.OperationalError as error:
        try:  # an administrator may name the database that is to be created
            may_create = _may_create_roles(maintenance)
        except psycopg.OperationalError:
            raise StackError(f"The server in DATABASE_URL cannot be used: {error}") from error
    return maintenance if may_create else None


def ensure_logins(place: Place, admin_url: str | None, broker_url: str, cache_url: str) -> Services:
    """The database and its three logins, made as the administrator or as the environment names them."""
    place.prepare()
    given = os.environ.get("DATABASE_URL", "")
    if admin_url is None:
        services = _given_logins(place, given, broker_url, cache_url)
    else:
        name = urlsplit(given).path.lstrip("/")
        database = DATABASE if name in MAINTENANCE_DATABASES else name
        if place.disposable:
            database = f"{database}_test"
        with lock(place.folder / "roles.lock"):
            try:
                urls = roles.bootstrap(admin_url, database, place.secrets)
            except psycopg.Error as error:
                raise StackError(f"The database {database} and its roles could not be made: {error}") from error
        services = Services(admin_url, urls.app, urls.provisioner, urls.relay, broker_url, cache_url)
    if not place.disposable:
        _remember(place, services)
    return services


def ensure_queue(place: Place) -> tuple[str, str]:
    """Addresses of the queue and of the cache."""
    broker, cache = os.environ.get("BROKER_URL"), os.environ.get("CACHE_URL")
    if not broker:
        server = valkey.ensure(place)
        return server.url(0), cache or server.url(1)
    if not cache:
        parts = urlsplit(broker)
        if parts.scheme not in {"redis", "rediss"}:
            raise StackError(
                "BROKER_URL names a queue that cannot be a cache too. Name a Valkey or Redis for it: CACHE_URL=redis://…"
            )
        cache = urlunsplit(parts._replace(path="/1"))
    return broker, cache


def environment(services: Services, profile: Profile) -> dict[str, str]:
    """What a process of the product must find in its environment to use these services."""
    place = Place(profile)
    found = {
        "SECRET_KEY": os.environ.get("SECRET_KEY") or place.secret("django"),
        "DATABASE_URL": services.database_url,
        "DATABASE_PROVISIONER_URL": services.provisioner_url,
        "BROKER_URL": services.broker_url,
        "CACHE_URL": services.cache_url,
        "SANFANG_VAR": str(place.var),
    }
    if services.relay_url:
        found["DATABASE_RELAY_URL"] = services.relay_url
    return found


def addresses(place: Place | None = None) -> dict[str, str]:
    """:func:`environment` of the stack that is running at ``place`` (this checkout's); empty when none is."""
    place = place or Place("dev")
    try:
        known: dict[str, str] = json.loads((place.folder / "environment.json").read_text())
        if known.pop("embedded") and postgres.find(place) is None:
            return {}
        if run := presence.running(place):
            known["PORT"] = str(run.port)  # for links
        return known
    except (OSError, ValueError, KeyError, StackError):
        return {}


def forget(place: Place) -> None:
    """The stack has stopped: nobody is to use its addresses any more."""
    (place.folder / "environment.json").unlink(missing_ok=True)


def _remember(place: Place, services: Services) -> None:
    embedded = "" if os.environ.get("DATABASE_URL") else "yes"
    values = {**environment(services, place.profile), "embedded": embedded}
    write_private(place.folder / "environment.json", json.dumps(values))


def _may_create_roles(url: str) -> bool:
    with psycopg.connect(url, connect_timeout=10) as connection:
        row = connection.execute(
            "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    return bool(row and row[0])


def _given_logins(place: Place, database_url: str, broker_url: str, cache_url: str) -> Services:
    user = urlsplit(database_url).username
    if place.disposable:
        raise StackError(
            f"The tests make and drop databases of their own; {user} in DATABASE_URL may not. Name a role with "
            "CREATEROLE and CREATEDB, or leave DATABASE_URL out: then the tests bring a server."
        )
    provisioner = os.environ.get("DATABASE_PROVISIONER_URL")
    if not provisioner:
        raise StackError(
            f"{user} in DATABASE_URL may not create roles, so the schemas need another login: name it as "
            "DATABASE_PROVISIONER_URL=postgresql://sanfang_provisioner:…@host/database (or give DATABASE_URL a role "
            "with CREATEROLE and CREATEDB, and the database and its roles are made)."
        )
    relay = os.environ.get("DATABASE_RELAY_URL")
    return Services(None, database_url, provisioner, relay, broker_url, cache_url)

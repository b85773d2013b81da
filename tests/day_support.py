"""A day at every kind of host: each route, each role, with marked data in two stores, and what was seen of it."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from address_table import TABLE, Row
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.urls import reverse

from sanfang.tenancy.context import door, inside
from tenants.models import Membership, Tenant
from tenants.roles import roles
from tenants.signals import SESSION_KEY

SLUGS = {"dealer": ("chengdu", "suzhou"), "group": ("yuanting",), "oem": ("lanchuan",), "public": ("sanfang",)}
RUN = caches.settings["default"]["KEY_PREFIX"].removeprefix("default")
"""What the keys of this process have in common."""
MARKS = {"chengdu": "⟦成都的⟧", "suzhou": "⟦苏州的⟧"}
MOBILES = {"chengdu": "1541", "suzhou": "1543"}
"""How customers' numbers begin."""
TEXTS = {
    "customers_customer": ("name", "address"),
    "vehicles_vehicle": ("series", "model"),
    "vehicles_repairorder": ("fault",),
    "vehicles_delivery": ("remark",),
    "complaints_complaint": ("title", "text"),
    "messaging_message": ("text",),
    "dms_importrun": ("filename",),
    "customers_trackingitem": ("note",),
    "followups_attempt": ("note",),
    "followups_draft": ("note",),
}
"""Where people's own words stand: all of them carry their store's mark."""


@dataclass(frozen=True)
class Seen:
    """One answer: at whose host, which route, by whom; everything in it as one text."""

    slug: str
    route: str
    role: str
    status: int
    text: str


@dataclass
class Day:
    answers: list[Seen] = field(default_factory=list)
    lines: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Log lines, each with the slug of the host at work."""
    keys: set[str] = field(default_factory=set)
    """What stands in the cache afterwards."""

    def of(self, slug: str) -> list[Seen]:
        return [one for one in self.answers if one.slug == slug]


def mark(tenant: Tenant) -> None:
    """Whatever is in the store now says whose it is."""
    with inside(tenant), connection.cursor() as cursor:
        for table, columns in TEXTS.items():
            for column in columns:
                cursor.execute(
                    f"UPDATE {table} SET {column} = left({column}, 40) || %s WHERE {column} NOT LIKE %s",
                    [MARKS[tenant.slug], f"%{MARKS[tenant.slug]}%"],
                )
        cursor.execute(
            "UPDATE customers_customer SET mobile = %s || right(mobile, 7) WHERE mobile <> ''", [MOBILES[tenant.slug]]
        )


def client_of(membership: Membership) -> Client:
    """Signed in on the right host."""
    tenant = membership.tenant
    host = "localhost" if tenant.kind == "public" else f"{tenant.slug}.localhost"
    client = Client(SERVER_NAME=host, raise_request_exception=False)
    with door():
        client.force_login(membership.user, backend="tenants.accounts.MemberBackend")
        session: Any = client.session
        session[SESSION_KEY] = tenant.schema_name
        session.save()
    return client


def text_of(answer: Any) -> str:
    """Body, headers and cookies."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    cookies = "; ".join(morsel.OutputString() for morsel in answer.cookies.values())
    return "\n".join([body.decode("utf-8", "replace"), body.decode("gb18030", "replace"), str(answer.headers), cookies])


def live_through(tenants: dict[str, Tenant]) -> Day:
    day, keys = Day(), {}
    if left := _keys():
        _valkey().delete(*left)  # by earlier tests, of tenants that are gone
    for slug in SLUGS["dealer"]:
        keys[slug] = _things(tenants[slug])
        mark(tenants[slug])
    with _listening(day) as at:
        for slugs in SLUGS.values():
            for slug in slugs:
                at.append(slug)
                own = keys.get(slug) or _things(tenants[slug])
                foreign = keys["suzhou" if slug == "chengdu" else "chengdu"]
                for membership in _one_of_each_role(tenants[slug]):
                    _visit(day, membership, own, foreign)
    day.keys = _keys()
    return day


def _one_of_each_role(tenant: Tenant) -> list[Membership]:
    live = Membership.objects.filter(tenant=tenant, ended_at=None).select_related("user", "tenant")
    # The first of each role: who is removed in the course of the day is one of the last (address_table.somebody).
    return list({one.role: one for one in live.order_by("-pk")}.values())


def _able(row: Row, role: str) -> bool:
    return not row.capabilities or bool(roles()[role].capabilities & set(row.capabilities))


Things = dict[tuple[str, str], Any]


def _things(tenant: Tenant) -> Things:
    """For each route something to ask for: one for all (who comes second finds it used up), or one for each."""
    found: Things = {}
    people = [(one.role, one.user.name) for one in _one_of_each_role(tenant)]
    with inside(tenant), mock.patch("crm.dms.progress.EVERY", 0, create=True):
        for name, row in TABLE[tenant.kind].items():
            if not row.make:
                continue
            able = [(role, person) for role, person in people if _able(row, role)]
            found[name, ""] = row.key_for(able[0][1])
            if row.personal:
                found |= {(name, role): row.key_for(person) for role, person in able}
    return found


def _visit(day: Day, membership: Membership, own: Things, foreign: Things) -> None:
    client, tenant, role = client_of(membership), membership.tenant, membership.role
    for name, row in TABLE[tenant.kind].items():
        if name.startswith(("survey", "sms-hook")):
            continue
        mine = own.get((name, role), own.get((name, "")))
        asked: list[tuple[str, Any, dict[str, str]]] = [("own", mine, {})]
        if _able(row, role):
            asked.append(("own", mine, {"HX-Request": "true"}))
            if row.make:
                asked.append(("foreign", foreign[name, ""], {}))
        for whose, key, headers in asked:
            address = reverse(name, urlconf=settings.TENANT_TYPES[tenant.kind]["URLCONF"], args=[key] if key else [])
            answer = getattr(client, row.method)(address, row.words(), headers=headers)
            day.answers.append(Seen(tenant.slug, f"{name} {whose}", role, answer.status_code, text_of(answer)))


@contextmanager
def _listening(day: Day) -> Iterator[list[str]]:
    """Every log line meanwhile, in the form in which it leaves. The list's last is whose host is at work."""
    at: list[str] = [""]
    into = io.StringIO()

    class Listener(logging.StreamHandler[io.StringIO]):
        def emit(self, record: logging.LogRecord) -> None:
            into.seek(0)
            into.truncate()
            super().emit(record)
            day.lines.append((at[-1], json.loads(into.getvalue())))

    listener = Listener(into)
    [own] = [one for one in logging.root.handlers if one.formatter and "structlog" in type(one.formatter).__module__]
    listener.setFormatter(own.formatter)
    level = logging.root.level
    logging.root.addHandler(listener)
    logging.root.setLevel(logging.INFO)
    try:
        yield at
    finally:
        logging.root.removeHandler(listener)
        logging.root.setLevel(level)


def _keys() -> set[str]:
    """What this run has left in Valkey, under its real name there."""
    return {key.decode() for key in _valkey().scan_iter(match=f"*{RUN}:*", count=1000)}


def _valkey() -> Any:
    cache: Any = caches["default"]
    return cache._cache.get_client()

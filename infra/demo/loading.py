"""Loads the demo network: tenants, people, three months of business through the importer, three weeks of work.

Each step says what it does; what is there already is left alone, so loading again takes a moment.
"""

import io
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management import call_command

from crm.store.actions import open_store
from crm.store.models import Store
from infra.demo.build import build, todays_export
from infra.demo.cast import NETWORK, Dealer, Holder
from infra.demo.opening import open_network
from infra.demo.past import Cast, Played, play
from sanfang.audit.actions import record_event
from sanfang.audit.models import Event
from sanfang.tenancy.context import door, inside
from tenants.middleware import actor_of
from tenants.models import Membership, Tenant
from tenants.queries import address_of
from tenants.roles import roles

PASSWORD = "sanfang-demo-2026"  # noqa: S105
"""For the demo network only; anybody may know it, because nothing in it is anybody's."""
LIVE_FOR = timedelta(days=21)
"""How long the stores have been working with Sanfang. What came before is history and asks for nothing."""
BEGUN, WHOLE = "demo.begun", "demo.loaded"
STORE_ZONE = ZoneInfo("Asia/Shanghai")

Say = Callable[[str], None]


def load(now: datetime, say: Say) -> None:
    folder = Path(settings.VAR) / "dev" / "demo-files"
    say("opening the network's tenants and accounts")
    tenants = open_network(PASSWORD)
    for dealer in NETWORK.dealers:
        with inside(tenants[dealer.slug]):
            begun = _begin(now)
        if begun is not None:
            _load(dealer, tenants[dealer.slug], begun, folder / "history", say)
    todays_export(_day(now), folder / "today")
    logins = Path(settings.VAR) / "dev" / "demo-logins.txt"
    logins.write_text(_logins(tenants, folder / "today"), encoding="utf-8")


def _begin(now: datetime) -> datetime | None:
    """When this store's demo was begun: now, or earlier if that was interrupted. None when it is whole."""
    said = dict(Event.objects.filter(kind__in=[BEGUN, WHOLE]).values_list("kind", "at"))
    if WHOLE in said:
        return None
    if BEGUN not in said:
        open_store(go_live=_day(now - LIVE_FOR), now=now - LIVE_FOR)
        record_event(None, Store.objects.get(), BEGUN, now)
    return said.get(BEGUN, now)


def _load(dealer: Dealer, tenant: Tenant, begun: datetime, folder: Path, say: Say) -> None:
    manifest = build(_day(begun), folder)
    for file in manifest.files:
        if file.dealer == dealer.slug:
            printed = io.StringIO()
            call_command("import_dms", dealer.slug, file.kind, folder / file.path, stdout=printed)
            told = json.loads(printed.getvalue())
            name = Path(file.path).name
            say(f"{dealer.slug}: {name}: {told['rows']} rows, {told['new']} new, {told['faulty']} faulty")
    with inside(tenant):
        cast = _cast(tenant)

        def progress(played: Played) -> None:
            if played.days % 7 == 0:
                say(f"{dealer.slug}: {played.days} days of work, {played.calls} calls")

        play(tenant, cast, begun, progress)
        record_event(None, Store.objects.get(), WHOLE, begun)


def _day(moment: datetime) -> date:
    return moment.astimezone(STORE_ZONE).date()


def _cast(tenant: Tenant) -> Cast:
    with door():
        people = list(Membership.objects.filter(tenant=tenant, ended_at=None).select_related("user").order_by("pk"))
    actors = [actor_of(one) for one in people]
    return Cast(
        specialists=[one for one in actors if one.role == "crc_specialist"],
        manager=next(one for one in actors if one.role == "crc_manager"),
        by_staff={one.staff_id: one for one in actors},
    )


def _logins(tenants: dict[str, Tenant], exports: Path) -> str:
    """Addresses and one person for each role, as a table that fits a terminal."""
    lines = [f"Password for everybody: {PASSWORD}", ""]
    places: list[Dealer | Holder] = [*NETWORK.dealers, NETWORK.group, NETWORK.oem]
    for place in places:
        lines.append(f"{address_of(tenants[place.slug])}  {place.short_name}")
        shown: set[str] = set()
        for person in place.staff:
            if person.role not in shown:
                shown.add(person.role)
                lines.append(f"    {person.email:<42} {person.name}  {roles()[person.role].titles['zh']}")
    lines.append(f"{address_of(tenants['sanfang'])}  三访")
    lines.extend(
        f"    {person.email:<42} {person.name}  {roles()[person.role].titles['zh']}" for person in NETWORK.operators
    )
    lines += ["", f"This morning's DMS exports, to import yourself: {exports}"]
    return "\n".join(lines) + "\n"

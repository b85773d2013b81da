"""The forecast of every shipped standard, worked out once a day and kept for everybody of the store.

A small store's is worked out while one waits; a large one's in the background, with its progress. Without a cache a
large store's can't be kept, and the page says that it is being worked out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.core.cache import cache

from crm.followups.forecast import Forecast, Progress, forecast, silent, size
from crm.store.queries import StoreFacts, store
from sanfang.standards.packs import load_pack, shipped_packs

log = structlog.get_logger(__name__)

DAYS = 56
"""As far as the screen looks ahead."""
AT_ONCE = 400
"""So many vehicles and customers are looked at within a second."""
KEPT = 24 * 3600
PATIENCE = 600
"""A background job that hasn't told anything for so many seconds is taken for lost, and asked for again."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """``forecast`` once it is there; until then how far it is."""

    forecast: Forecast | None
    done: int = 0
    total: int = 0


def outlook(now: datetime) -> Outlook:
    """What is known, or being worked out. Begins the work where nobody has."""
    place = store()
    key = _key(place, now)
    found = _kept("get", key)
    if isinstance(found, Forecast):
        return Outlook(found)
    subjects = size()
    if subjects <= AT_ONCE:
        return Outlook(_work_out(place, now, silent))
    if _kept("add", f"{key}:progress", (0, subjects), PATIENCE):
        from crm.followups.tasks import work_out_standards

        work_out_standards.later()
    done, total = _kept("get", f"{key}:progress") or (0, subjects)
    return Outlook(None, done, total)


def work_out(now: datetime) -> None:
    """Repeatable; what it finds takes the place of what was there."""
    place = store()
    progress = f"{_key(place, now)}:progress"
    _work_out(place, now, lambda done, total: _kept("set", progress, (done, total), PATIENCE))
    _kept("delete", progress)


def forget(now: datetime) -> None:
    """The next look works it out anew."""
    _kept("delete", _key(store(), now))


def _work_out(place: StoreFacts, now: datetime, progress: Progress) -> Forecast:
    packs = [place.pack, *(load_pack(name) for name in shipped_packs() if name != place.pack.id)]
    found = forecast(packs, place, now, DAYS, progress)
    _kept("set", _key(place, now), found, KEPT)
    return found


def _key(place: StoreFacts, now: datetime) -> str:
    """Another day, another standard or other hours: another forecast."""
    return f"standards:{place.calendar.day_of(now)}:{place.changed_at.timestamp()}"


def _kept(verb: str, *words: Any) -> Any:
    try:
        return getattr(cache, verb)(*words)
    except Exception as error:
        log.warning("forecast not kept", error=repr(error))
        return None

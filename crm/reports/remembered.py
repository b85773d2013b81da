"""The line behind a figure: what months before were. Worked out anew a few times a day, because it costs seconds.

Every number is counted when it is asked for. Remembered are the little lines without numbers on the panel, and the
months before of the customer base, each of which is a count over all cars.
"""

from contextlib import suppress
from datetime import datetime

import structlog
from django.core.cache import cache
from redis import RedisError

from crm.reports.counting import Figure, Filter, by_month
from crm.reports.periods import Month
from crm.store.queries import StoreFacts
from sanfang.standards.kpis import Kpi

log = structlog.get_logger(__name__)

SECONDS = 6 * 3600
Lines = dict[str, list[float | None]]


def lines(wanted: list[Kpi], months: list[Month], place: StoreFacts, now: datetime, only: Filter) -> Lines:
    """KPI → its value in each of ``months``. Without a cache it only takes longer."""
    about = f"{months[-1].key}:{len(months)}:{only.staff}:{only.rule}:{wanted[0].id}:{len(wanted)}"
    key = f"kpi-lines:{about}:{place.changed_at.timestamp():.0f}"
    found: Lines | None = None
    try:
        found = cache.get(key)
    except RedisError:
        log.warning("no cache for the lines of figures")
    if found is not None and all(kpi.id in found for kpi in wanted):
        return found
    counted = by_month(wanted, months, place, now, only)
    fresh: Lines = {kpi.id: [_value(kpi, counted.get((kpi.id, at))) for at in range(len(months))] for kpi in wanted}
    with suppress(RedisError):
        cache.set(key, fresh, SECONDS)
    return fresh


def _value(kpi: Kpi, figure: Figure | None) -> float | None:
    """A month without records has no percentage, but a count of nought."""
    if figure is None:
        return 0.0 if kpi.unit == "count" else None
    return figure.value

"""Up to when everything has been told."""

from datetime import datetime, timedelta

from crm.dms.queries import ImportRun
from crm.dms.states import State

MARGIN = timedelta(minutes=2)
"""Longer than any transaction but an import's lasts (settings.STATEMENT_TIMEOUT_MS)."""


def told_until(now: datetime) -> datetime:
    """Whoever has read all that changed since some moment asks next time for what changed since this one.

    A row says when its transaction began, and nobody sees it before the end. So what is still under way may come up
    with an earlier moment than what can be seen already: an import, with that of its start.
    """
    starts = ImportRun.objects.filter(state=State.APPLYING, started_at__isnull=False).values_list(
        "started_at", flat=True
    )
    return min([now, *starts]) - MARGIN

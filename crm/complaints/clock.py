"""The first-contact clock. Its state follows from the stored instants and the time; nothing stores it.

It counts the store's working time (handbook §7, 6): while the store is closed it stands still.
"""

from dataclasses import dataclass
from datetime import datetime

from crm.complaints.models import Complaint
from sanfang.kernel.calendar import StoreCalendar
from sanfang.kernel.worktime import Stretch, coming, working_time

NEAR = 0.25
"""The last quarter of the time: shown as a warning."""
AHEAD = 3
"""Stretches of opening that a page is told of: more than it stays open for."""


@dataclass(frozen=True, slots=True)
class Clock:
    """``state``: running, met (contacted in time) or broken.

    ``total_seconds`` and ``left_seconds`` are working time; what is left is negative once it is over, and was
    left when the customer was contacted. ``coming``: when the store is open from now on.
    """

    due: datetime
    state: str
    total_seconds: int
    done_at: datetime | None
    left_seconds: int
    coming: tuple[Stretch, ...]

    @property
    def is_near(self) -> bool:
        return self.state == "running" and self.left_seconds < self.total_seconds * NEAR


def first_contact(complaint: Complaint, now: datetime, calendar: StoreCalendar) -> Clock:
    done = complaint.contacted_at
    if (done or now) > complaint.contact_due:
        state = "broken"
    else:
        state = "met" if done else "running"
    return Clock(
        due=complaint.contact_due,
        state=state,
        total_seconds=complaint.contact_minutes * 60,
        done_at=done,
        left_seconds=int(working_time(calendar, done or now, complaint.contact_due).total_seconds()),
        coming=() if done else coming(calendar, now, AHEAD),
    )

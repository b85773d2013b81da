"""The first-contact clock. Its state follows from the stored instants and the time; nothing stores it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.complaints.models import Complaint

NEAR = 0.25
"""The last quarter of the time: shown as a warning."""


@dataclass(frozen=True, slots=True)
class Clock:
    """``state``: running, met (contacted in time) or broken. ``total_seconds`` is working time."""

    due: datetime
    state: str
    total_seconds: int
    done_at: datetime | None

    def is_near(self, now: datetime) -> bool:
        return self.state == "running" and self.due - now < timedelta(seconds=self.total_seconds * NEAR)


def first_contact(complaint: Complaint, now: datetime) -> Clock:
    done = complaint.contacted_at
    if (done or now) > complaint.contact_due:
        state = "broken"
    else:
        state = "met" if done else "running"
    return Clock(complaint.contact_due, state, complaint.contact_minutes * 60, done)

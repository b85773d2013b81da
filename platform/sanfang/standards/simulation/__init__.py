"""What would a standard ask of a store? A file of events in, every follow-up out, by the one kernel."""

import json
from datetime import date

from sanfang.kernel.batch import replay
from sanfang.kernel.calendar import StoreCalendar
from sanfang.kernel.followups import FollowUp
from sanfang.standards.definitions import Pack
from sanfang.standards.simulation.event_file import EventFile, parse
from sanfang.standards.simulation.faults import EventFileError
from sanfang.standards.simulation.outcomes import read_outcomes

__all__ = ["EventFile", "EventFileError", "parse", "simulate"]


def simulate(pack: Pack, file: EventFile, until: date) -> list[str]:
    """One JSON line per follow-up whose window opens on or before ``until``, as at the end of that
    day, sorted by due, rule and trigger.

    Raises EventFileError for an outcome of a rule or trigger that doesn't exist.
    """
    events = read_outcomes(pack, file)
    made = replay(pack.ruleset, file.calendar, events, file.calendar.end_of(until), file.seed).made
    return [_line(followup, file.calendar) for followup in made]


def _line(followup: FollowUp, calendar: StoreCalendar) -> str:
    shown = {
        "rule": followup.rule,
        "trigger": followup.trigger,
        "customer": followup.customer,
        "vin": followup.vin,
        "channel": followup.channel,
        "opens": calendar.local(followup.opens).isoformat(),
        "due": calendar.local(followup.due).isoformat(),
        "state": followup.state.value,
    }
    return json.dumps(shown, ensure_ascii=False)

"""What the specialist's screen asks (screen contract "Workbench"). Instants are aware, never formatted."""

from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from crm.followups.callsheet import call
from crm.followups.giving import holder_of
from crm.followups.load import CONNECTED, Done, InHand, Load, Open, OpenCall, load, open_calls, open_work_of
from crm.followups.log import OUTCOMES, rule_of, talks
from crm.followups.models import FollowUp, State
from crm.followups.policy import callbacks
from crm.followups.queue import (
    DONE,
    LABELS,
    TONES,
    Head,
    Queue,
    QueueItem,
    head,
    item,
    neighbours,
    next_of,
    progress,
    queue,
)
from crm.followups.selection import EVERYTHING, SORTS, Selection
from crm.followups.sheets import CallSheet
from crm.followups.timeline import TimelineEntry, past_of, past_rows, timeline, told
from crm.followups.words import Packs, title
from crm.vehicles.actions import DOCUMENTS_OF_IMPORT
from sanfang.kernel.permissions import Actor
from sanfang.kernel.rules import Channel
from sanfang.standards.definitions import Questionnaire
from sanfang.standards.packs import load_pack

__all__ = [
    "CONNECTED",
    "DONE",
    "EVERYTHING",
    "LABELS",
    "OUTCOMES",
    "SORTS",
    "TONES",
    "CallSheet",
    "Done",
    "Head",
    "InHand",
    "Load",
    "Open",
    "OpenCall",
    "Queue",
    "QueueItem",
    "Selection",
    "TimelineEntry",
    "anything_planned",
    "call",
    "get",
    "head",
    "holder_of",
    "item",
    "load",
    "made_for_import",
    "neighbours",
    "next_of",
    "open_calls",
    "open_rows",
    "open_work_of",
    "past_of",
    "past_rows",
    "progress",
    "questionnaire_of",
    "queue",
    "rule_of",
    "talks",
    "timeline",
    "titled",
    "told",
]

OPEN_CALLS = 10
"""How many of a customer's open calls their page leads to."""


def get(actor: Actor, key: UUID | str) -> FollowUp:
    """One call with its customer and car, for the actions. NotFound or Forbidden."""
    return callbacks.get(actor, key, rows=FollowUp.objects.select_related("customer", "vehicle"))


def open_rows(customer_id: UUID) -> QuerySet[FollowUp]:
    """A customer's calls that are still to be made, the first due first; to be read together with others."""
    rows = FollowUp.objects.filter(customer=customer_id, state=State.OPEN, channel=Channel.PHONE)
    return rows.select_related("vehicle").order_by("due", "pk")[:OPEN_CALLS]


def titled(follow_up: FollowUp) -> str:
    """What its standard calls it, in the language in use."""
    return title(follow_up, Packs().of(follow_up))


def questionnaire_of(follow_up: FollowUp) -> Questionnaire | None:
    """What this call asks, in the version it was planned by; None where it only records an outcome."""
    pack = load_pack(follow_up.pack, version=follow_up.pack_version)
    name = pack.rules[follow_up.rule].questionnaire
    return pack.questionnaires[name] if name else None


def anything_planned(actor: Actor) -> bool:
    """Whether this store has ever had a call to make; a new one has nothing until its first import."""
    return callbacks.visible(actor).exists()


def made_for_import(source: UUID) -> int:
    """How many follow-ups there are about the documents that an import brought."""
    with connection.cursor() as cursor:
        brought = f"SELECT id::text FROM ({DOCUMENTS_OF_IMPORT}) AS document"  # noqa: S608
        cursor.execute(
            f"SELECT count(*) FROM followups_followup WHERE trigger IN ({brought})",  # noqa: S608
            {"source": source},
        )
        return int(cursor.fetchone()[0])

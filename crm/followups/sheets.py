"""What one call's page is made of (screen contract "Workbench", ``call``). Instants are aware, never formatted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.followups import endings
from crm.followups.contact_words import Contact
from crm.followups.timeline import TimelineEntry
from crm.followups.visits import Visit
from crm.surveys.queries import ShownQuestion


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """``consent_calls``: yes, no or unknown, by the newest word of theirs."""

    id: UUID
    name: str
    salutation: str
    initial: str
    consent_calls: str
    do_not_call: bool
    owner_since: Any
    last_contact: datetime | None
    other_facts: list[str]


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    model: str
    plate: str
    vin: str
    bought_on: Any


@dataclass(frozen=True, slots=True)
class Alert:
    tone: str
    text: str
    complaint_id: UUID


@dataclass(frozen=True, slots=True)
class ScriptText:
    """``text``: the opening. ``points``: what to bring up. ``closing``: how to end."""

    title: str
    text: str
    points: list[str]
    closing: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """``required`` and ``answered``: how many questions must be, and of those how many are, answered."""

    title: str
    version: str
    questions: tuple[ShownQuestion, ...]
    required: int
    answered: int


@dataclass(frozen=True, slots=True)
class QuickTime:
    value: datetime
    label: str


@dataclass(frozen=True, slots=True)
class Callback:
    value: datetime | None
    min: datetime
    max: datetime
    quick: list[QuickTime]


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """``free``, ``mine`` or ``other``; ``by`` and ``since`` unless free; ``revealed_at``: since when it is mine with
    the number shown, and ``revealed_as`` which one, masked."""

    state: str
    by: str | None
    since: datetime | None
    revealed_at: datetime | None = None
    revealed_as: str = ""


@dataclass(frozen=True, slots=True)
class OtherCall:
    id: UUID
    purpose: str
    state_label: Any
    at: datetime


@dataclass(frozen=True, slots=True)
class CallSheet:
    """``attempt``: the number to submit the outcome with; ``dialled`` is ``phone_masked`` as submitted. ``phone``: in
    clear, once it has been looked at for this call; else empty. ``contact``: whether the customer may be
    called now, and if not why and until when; ``quiet``: of that, why this is no time to call, or empty.
    ``others``: the customer's other calls, where this one has ended.
    """

    id: UUID
    purpose: str
    kind: str
    channel: str
    opens: datetime
    due: datetime
    promised_at: datetime | None
    attempts: int
    attempt: int
    max_attempts: int
    customer: CustomerFacts
    phone_masked: str
    phone: str
    vehicle: VehicleFacts | None
    alert: Alert | None
    visit: Visit | None
    timeline: list[TimelineEntry]
    script: ScriptText | None
    questionnaire: Sheet | None
    note: str
    saved_at: datetime | None
    revision: str
    outcomes: list[endings.OutcomeChoice]
    callback: Callback
    complaint_hint: str
    hold: HoldFacts
    contact: Contact
    quiet: str
    closed: endings.Closed | None
    others: list[OtherCall]

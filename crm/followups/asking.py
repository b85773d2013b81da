"""What the rules ask for of a batch of vehicles and customers, each standard for itself.

A follow-up lives by the standard that asked for it: after a change of standard what is open keeps the old one's days,
script and questionnaire, and what nobody has been asked for yet is asked for by the new one (handbook §14).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from crm.followups import facts
from crm.followups.models import FollowUp, State
from crm.leads.queries import Lead
from crm.store.queries import StoreFacts
from sanfang.kernel import followups as kernel
from sanfang.kernel.events import LostLead
from sanfang.kernel.followups import RulesKernel
from sanfang.kernel.rules import AfterRule, DaysAfter, MinutesAfter, OnList, Rule
from sanfang.standards.definitions import Pack
from sanfang.standards.packs import load_pack

Version = tuple[str, str]
"""A standard's id and version."""
FINAL = (State.COMPLETED, State.GIVEN_UP)
OF_ITS_DOCUMENT = (DaysAfter, MinutesAfter, AfterRule)
"""Kinds of rules about one visit or delivery: its customer is called, whoever has the car since."""


class Standards:
    """The standard the store works by, and those that asked for what is still there; each is made ready once."""

    def __init__(self, place: StoreFacts) -> None:
        self.place = place
        self.of_today: Version = (place.pack.id, place.pack.version)
        self._ready: dict[Version, tuple[Pack, RulesKernel]] = {}
        self._of_document: dict[Version, frozenset[str]] = {}

    def ready(self, version: Version) -> tuple[Pack, RulesKernel]:
        found = self._ready.get(version)
        if found is None:
            pack = self.place.pack if version == self.of_today else load_pack(version[0], version=version[1])
            found = self._ready[version] = (pack, RulesKernel(pack.ruleset, self.place.calendar))
        return found

    def has(self, version: Version, kind: type[Rule]) -> bool:
        return any(isinstance(rule, kind) for rule in self.ready(version)[0].ruleset.rules)

    def of_document(self, version: Version) -> frozenset[str]:
        """The rules whose customer is the document's."""
        found = self._of_document.get(version)
        if found is None:
            rules = self.ready(version)[0].ruleset.rules
            found = frozenset(rule.id for rule in rules if isinstance(rule, OF_ITS_DOCUMENT))
            self._of_document[version] = found
        return found

    def needed(self, known: Iterable[FollowUp]) -> list[Version]:
        """The store's own first, then those of these follow-ups that nobody has ended."""
        others = {asked_by(row) for row in known if row.state not in FINAL} - {self.of_today}
        return [self.of_today, *sorted(others)]


def asked_by(row: FollowUp) -> Version:
    return row.pack, row.pack_version


@dataclass(slots=True)
class Wanted:
    """One thing the rules ask for, and whom to call. What hasn't ``opened`` yet is not made, only moved."""

    followup: kernel.FollowUp
    customer: UUID
    vehicle: UUID | None
    opened: bool


@dataclass(slots=True)
class Batch:
    """What each standard asks for, by rule and trigger, and when each subject has to be looked at again."""

    wanted: dict[Version, dict[facts.Key, Wanted]] = field(default_factory=dict)
    next_at: dict[UUID, datetime | None] = field(default_factory=dict)

    def want(
        self,
        version: Version,
        followup: kernel.FollowUp,
        customer: UUID | None,
        vehicle: UUID | None,
        opened: bool,
        place: StoreFacts,
    ) -> None:
        """A car without anybody to call (the store's own) asks for nothing, nor what happened before go-live."""
        if customer is not None and followup.day >= place.go_live:
            one = Wanted(followup, customer, vehicle, opened)
            self.wanted.setdefault(version, {})[followup.rule, followup.trigger] = one


def ask_for_vehicles(
    batch: Batch, vehicle_ids: Collection[UUID], known: Collection[FollowUp], standards: Standards, now: datetime
) -> None:
    place, ended, needed = standards.place, facts.outcomes(known), standards.needed(known)
    for vehicle in facts.vehicle_facts(vehicle_ids, place, now):
        for version in needed:
            pack, rules = standards.ready(version)
            today = version == standards.of_today
            replay = rules.vehicle(vehicle.history if today else vehicle.by(pack), ended, now)
            if today:
                batch.next_at[vehicle.id] = _earliest(replay.next_opens, vehicle.next_event)
            of_document = standards.of_document(version)
            for followup, opened in both(replay):
                if followup.day < place.go_live:
                    continue  # asked again by want, but most of a new store's end here
                on_document = vehicle.customers.get(followup.trigger)
                if followup.rule in of_document:
                    customer = on_document or vehicle.owner
                else:
                    customer = vehicle.owner or on_document
                batch.want(version, followup, customer, vehicle.id, opened, place)


def ask_for_customers(
    batch: Batch, customer_ids: Collection[UUID], known: Collection[FollowUp], standards: Standards, now: datetime
) -> None:
    place, ended, needed = standards.place, facts.outcomes(known), standards.needed(known)
    lists = any(standards.has(version, OnList) for version in needed)
    for history in facts.customer_histories(customer_ids, place, lists=lists):
        customer = UUID(history.customer.id)
        for version in needed:
            replay = standards.ready(version)[1].customer(history, ended, now)
            if version == standards.of_today:
                batch.next_at[customer] = _earliest(replay.next_opens, facts.next_listed(history, now))
            for followup, opened in both(replay):
                batch.want(version, followup, customer, None, opened, place)


def ask_for_leads(batch: Batch, leads: Iterable[Lead], standards: Standards, now: datetime) -> None:
    """The draws made since the standard of today holds; it is the only one that still draws."""
    place = standards.place
    known = in_the_drums(leads, place, place.since or place.go_live)
    replay = standards.ready(standards.of_today)[1].lost_leads(known, {}, now, place.draw_seed)
    for followup, opened in both(replay):
        batch.want(standards.of_today, followup, UUID(followup.customer), None, opened, place)


def in_the_drums(leads: Iterable[Lead], place: StoreFacts, since: date) -> list[LostLead]:
    """Lost leads as the draws know them; those known before ``since`` belong to no draw of this standard."""
    start = place.calendar.start_of(max(since, place.go_live))
    told = [
        LostLead(str(lead.pk), str(lead.customer_id), at, max(at, lead.imported_at))
        for lead, at in ((lead, place.calendar.start_of(lead.day)) for lead in leads)
    ]
    return [one for one in told if (one.known or one.at) >= start]


def both(replay: kernel.Replay) -> Iterable[tuple[kernel.FollowUp, bool]]:
    yield from ((followup, False) for followup in replay.coming)
    yield from ((followup, True) for followup in replay.made)


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)

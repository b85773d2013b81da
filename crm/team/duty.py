"""Who does whose work at a moment: a pure function of the deputies and the time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Period:
    """``deputy`` stands in for ``absent`` from ``first`` to ``last``, both inclusive, until ``ended_at``."""

    absent: UUID
    deputy: UUID
    first: date
    last: date
    ended_at: datetime | None = None

    def holds(self, day: date, now: datetime) -> bool:
        """``day``: the store's day at ``now``."""
        return self.first <= day <= self.last and (self.ended_at is None or now < self.ended_at)

    def meets(self, other: "Period") -> bool:
        """Whether both are there on some day; one that was ended isn't there any more."""
        if self.ended_at is not None or other.ended_at is not None:
            return False
        return self.first <= other.last and other.first <= self.last


def standing_in(periods: Iterable[Period], day: date, now: datetime) -> dict[UUID, UUID]:
    """Absent person → deputy at ``now``."""
    return {one.absent: one.deputy for one in periods if one.holds(day, now)}


def worker(person: UUID, deputies: Mapping[UUID, UUID]) -> UUID:
    """Who does ``person``'s work: their deputy, or the deputy's where that one is away as well."""
    seen = {person}
    while person in deputies and deputies[person] not in seen:
        person = deputies[person]
        seen.add(person)
    return person


def answers_for(person: UUID, deputies: Mapping[UUID, UUID]) -> frozenset[UUID]:
    """Whose work ``person`` does: their own unless they are away, and that of those they stand in for."""
    return frozenset(one for one in {person, *deputies} if worker(one, deputies) == person)


def closes_a_circle(wanted: Period, known: Iterable[Period]) -> bool:
    """Whether on some day of ``wanted`` everybody in a chain would stand in for the next, and nobody work."""
    those = [one for one in known if one.ended_at is None]
    starts = {wanted.first, *(one.first for one in those if wanted.first <= one.first <= wanted.last)}
    for day in starts:
        deputies = {one.absent: one.deputy for one in those if one.first <= day <= one.last}
        person, seen = wanted.deputy, set[UUID]()
        while person in deputies and person not in seen:
            seen.add(person)
            person = deputies[person]
        if person == wanted.absent or wanted.absent in seen:
            return True
    return False

"""Drawing calls by lot, so that the draw can be repeated and checked by anybody."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID


def draw(calls: Iterable[tuple[UUID, UUID]], seed: int, each: int) -> list[UUID]:
    """``each`` calls of every person, all where there are fewer. ``calls``: call and caller.

    A call's place in the lot depends on itself and the seed alone, not on the order in which calls come or on what
    else is there: the same seed finds the same calls again.
    """
    of: dict[UUID, list[UUID]] = defaultdict(list)
    for call, caller in calls:
        of[caller].append(call)
    return [call for caller in sorted(of) for call in sorted(of[caller], key=lambda one: _lot(one, seed))[:each]]


def _lot(call: UUID, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{call}".encode()).digest()

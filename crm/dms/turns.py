"""Imports of one tenant take turns: each compares with what the one before has left.

``slices.yaml`` says how many of its slices may be at work at the same time. Each has a lock of its own; whoever
writes has the first. The locks belong to the session: a killed worker's connection ends, and with it the lock.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection

from crm.dms.slices import limits

LOCK = 7302
"""First half of the advisory lock's key; the second is the schema. No other lock may use it."""
PAUSE = 0.3
WRITING = 0


@contextmanager
def turn(waiting: Callable[[], None]) -> Iterator[None]:
    """Waits until it is our turn to write, calling ``waiting`` now and then."""
    while True:
        with attempt(writing=True) as got:
            if got:
                yield
                return
        waiting()
        time.sleep(PAUSE)


@contextmanager
def attempt(*, writing: bool) -> Iterator[bool]:
    """Whether it is our turn now, without waiting; if so, until the block ends."""
    places = [WRITING] if writing else range(limits().at_once - 1, WRITING - 1, -1)
    place = next((place for place in places if _asked("pg_try_advisory_lock", place)), None)
    try:
        yield place is not None
    finally:
        if place is not None:
            # A connection that was lost has let go of it already.
            with suppress(DatabaseError):
                _asked("pg_advisory_unlock", place)


def taken() -> bool:
    """Whether as many are at work on imports of this tenant right now as may be."""
    with attempt(writing=False) as got:
        return not got


def alone() -> bool:
    """Whether nobody but us, who have the turn to write, is at work on imports of this tenant."""
    others = range(WRITING + 1, limits().at_once)
    free = [place for place in others if _asked("pg_try_advisory_lock", place)]
    for place in free:
        _asked("pg_advisory_unlock", place)
    return len(free) == len(others)


def _asked(function: str, place: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, hashtext(current_schema() || %s))", [LOCK, f" {place}" if place else ""])
        return bool(cursor.fetchone()[0])

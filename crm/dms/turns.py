"""Imports of one tenant take turns: each compares with what the one before has left."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection

LOCK = 7302
"""First half of the advisory lock's key; the second is the schema. No other lock may use it."""
PAUSE = 0.3


@contextmanager
def turn(waiting: Callable[[], None]) -> Iterator[None]:
    """Waits until no other import of this tenant is at work, calling ``waiting`` now and then.

    The lock belongs to the session: a killed worker's connection ends, and with it the lock.
    """
    while not _asked("pg_try_advisory_lock"):
        waiting()
        time.sleep(PAUSE)
    try:
        yield
    finally:
        # A connection that was lost has let go of it already.
        with suppress(DatabaseError):
            _asked("pg_advisory_unlock")


def taken() -> bool:
    """Whether somebody is at work on an import of this tenant right now."""
    if not _asked("pg_try_advisory_lock"):
        return True
    _asked("pg_advisory_unlock")
    return False


def _asked(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, hashtext(current_schema()))", [LOCK])
        return bool(cursor.fetchone()[0])

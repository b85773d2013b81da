"""Bringing all schemas to the migrations on disk: templates, canaries, then everybody else side by side."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connections

from sanfang.tenancy.rollout import steps as applying
from sanfang.tenancy.rollout.plans import Plan, Step, joined
from sanfang.tenancy.rollout.states import Applied, Recorder, Target, applied, digests

ALIAS = "provisioner"
LOCK = "sanfang rollout"
PATHFINDERS = 3
"""So many schemas of one state may fail before the others of that state are left alone."""


class Busy(Exception):
    """Another migration or a refill of the pool is at work."""


class Stopped(Exception):
    """A template or a canary failed: nothing else was begun."""


@dataclass
class Report:
    """What became of it. ``failed``: schema → what the database said."""

    behind: int
    current: set[str]
    """Schemas that have all migrations now."""
    failed: dict[Target, str] = field(default_factory=dict)
    stopped: str = ""
    """Why it ended before every schema had been tried; empty when all were."""


Heard = Callable[[Target, str], None]
"""Told of every schema that is done (with an empty text) or failed (with the reason), from one thread at a time."""


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else migrates or makes schemas meanwhile. Raises :class:`Busy`."""
    with _lock("pg_try_advisory_lock", "pg_advisory_unlock"):
        yield


@contextmanager
def beside() -> Iterator[None]:
    """Others may make schemas as well, but nobody migrates meanwhile. Raises :class:`Busy`."""
    with _lock("pg_try_advisory_lock_shared", "pg_advisory_unlock_shared"):
        yield


@contextmanager
def _lock(take: str, give_back: str) -> Iterator[None]:
    connection: Any = connections[ALIAS]
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {take}(hashtext(%s))", [LOCK])
        if not cursor.fetchone()[0]:
            raise Busy("Another migrate_tenants, or the making of a schema, is at work in this database.")
    holder = connection.connection
    try:
        yield
    finally:
        # The lock goes with the connection it was taken on.
        if connection.connection is holder and not holder.closed:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {give_back}(hashtext(%s))", [LOCK])


class Groups:
    """The targets that aren't up to date, by kind and state: each group has one plan."""

    def __init__(self, targets: Iterable[Target]) -> None:
        connection = connections[ALIAS]
        by_schema = {one.schema: one for one in targets}
        by_state: dict[tuple[str, str], list[Target]] = defaultdict(list)
        for schema, digest in digests(connection, list(by_schema)).items():
            by_state[by_schema[schema].kind, digest].append(by_schema[schema])
        self.behind: list[tuple[Applied, list[Target]]] = []
        self.current: set[str] = set()
        # What is missing doesn't depend on the kind, only how it is written down.
        known: dict[str, Applied] = {}
        missing: dict[str, bool] = {}
        for (_kind, digest), members in by_state.items():
            if digest not in known:
                known[digest] = applied(connection, members[0].schema)
                missing[digest] = bool(Plan(known[digest]).missing)
            if missing[digest]:
                self.behind.append((known[digest], sorted(members, key=_order)))
            else:
                self.current.update(one.schema for one in members)
        # Templates and canaries say first whether the plan holds.
        self.behind.sort(key=lambda group: _order(group[1][0]))

    def __len__(self) -> int:
        return sum(len(members) for _known, members in self.behind)


def _order(target: Target) -> tuple[bool, bool]:
    return (not target.is_template, not target.is_canary)


def roll_out(groups: Groups, *, heard: Heard, parallel: int = 4) -> Report:
    """Brings all that are behind up to date and says what became of it.

    In each group the first schema leads: what it needs is written down while it gets it, one migration after the
    other, since some statements can only be written with the ones before them applied. Templates lead, then
    canaries; a failure there ends it all before a store has been touched. Killed and begun again it goes on with
    those that aren't done: each schema's own record says so.
    """
    report = Report(behind=len(groups), current=groups.current)
    told = threading.Lock()

    def hear(target: Target, error: str) -> None:
        with told:
            if error:
                report.failed[target] = error
            else:
                report.current.add(target.schema)
            heard(target, error)

    rest: list[tuple[Written, Target]] = []
    try:
        for known, members in groups.behind:
            written = _lead(known, members, hear)
            for target in members:
                if target in written.done:
                    continue
                if target.is_template or target.is_canary:
                    _one(written, target, hear)
                else:
                    rest.append((written, target))
        _side_by_side(rest, hear, parallel)
    except Stopped as error:
        report.stopped = str(error)
    return report


@dataclass
class Written:
    """A group's plan as SQL, and the schemas that have it (or failed at it) already."""

    steps: list[Step]
    done: set[Target]
    from_nothing: bool


def migrate_one(target: Target) -> bool:
    """Brings one schema up to date; whether there was anything to do. Raises what the database says."""
    known = applied(connections[ALIAS], target.schema)
    return bool(_find_path(known, target))


def _lead(known: Applied, members: list[Target], hear: Heard) -> Written:
    for position, target in enumerate(members[:PATHFINDERS], start=1):
        try:
            steps = _find_path(known, target)
        except Exception as error:
            _failed(target, error, hear)
        else:
            hear(target, "")
            return Written(steps, set(members[:position]), not known)
    for target in members[PATHFINDERS:]:
        hear(target, "left alone: the first ones of its state failed")
    return Written([], set(members), not known)


def _find_path(known: Applied, target: Target) -> list[Step]:
    plan, connection = Plan(known), connections[ALIAS]
    found: list[Step] = []
    for migration in plan.missing:
        with applying.placed(target, connection):
            if not found:
                Recorder(connection).ensure_schema()
            step = plan.write_down(migration, connection)
        applying.apply(step, target, connection)
        found.append(step)
    return joined(found)


def _one(written: Written, target: Target, hear: Heard) -> None:
    connection = connections[ALIAS]
    try:
        if written.from_nothing:
            with applying.placed(target, connection):
                Recorder(connection).ensure_schema()
        for step in written.steps:
            applying.apply(step, target, connection)
    except Exception as error:
        _failed(target, error, hear)
    else:
        hear(target, "")


def _failed(target: Target, error: Exception, hear: Heard) -> None:
    reason = _reason(error)
    hear(target, reason)
    if target.is_template or target.is_canary:
        raise Stopped(f"{target.label}: {reason}") from error


def _side_by_side(work: list[tuple[Written, Target]], hear: Heard, parallel: int) -> None:
    # A connection remembers every schema it has touched, so each gets only so many.
    size = settings.SCHEMAS_PER_CONNECTION
    chunks = [work[start : start + size] for start in range(0, len(work), size)]

    def carry_out(chunk: list[tuple[Written, Target]]) -> None:
        try:
            for written, target in chunk:
                _one(written, target, hear)
        finally:
            # This thread's own.
            connections.close_all()

    with ThreadPoolExecutor(max_workers=parallel) as pool:
        try:
            for finished in as_completed([pool.submit(carry_out, chunk) for chunk in chunks]):
                finished.result()
        except BaseException:
            # Whoever interrupts waits for what is at work, not for all the rest.
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _reason(error: BaseException) -> str:
    """The first line of what was said: what follows may show a row's data."""
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"

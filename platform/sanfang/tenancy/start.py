"""What is looked at once before a process serves: is the way to the database one that keeps tenants apart, and is
there room for all our connections?

A pooler in transaction mode gives each transaction another of the server's sessions. Role and search path are
settings of a session here, so such a pooler runs one tenant's queries with another's rights. Some poolers follow the
search path from session to session (PgBouncer from 1.25 with ``track_extra_parameters`` on PostgreSQL 18); none can
follow the role, because PostgreSQL doesn't report it. So all of them are refused.
"""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import structlog
import yaml
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

log = structlog.get_logger(__name__)
ROUNDS = 5
POOLER = (
    "The database address leads to a pooler in transaction mode, which mixes tenants: {why}. Role and search path are "
    "settings of the session, and no pooler carries the role along, whatever it does with search_path "
    "(track_extra_parameters). Set pool_mode = session, or connect to PostgreSQL itself."
)
CONNECTIONS = (
    "The database has room for {room} connections (max_connections {most} less {reserved} reserved), but {wanted} are "
    "wanted: {processes} web processes (WEB_CONCURRENCY) × {threads} threads (WEB_THREADS) + {workers} worker "
    "processes (WORKER_CONCURRENCY) × {per_worker} + {others} others (OTHER_CONNECTIONS). Raise max_connections or "
    "lower these."
)
MEMORY = (
    "{wanted} connections may take {megabytes} MB of the database server's memory ({per_connection} MB each and "
    "{schemas} schemas (SCHEMAS_PER_CONNECTION) × {per_schema} MB), but DATABASE_MEMORY_MB is {most}."
)


@dataclass(frozen=True, slots=True)
class Look:
    """What one connection found: the session that the protocol announced, and the one that answered."""

    announced: int
    answered: int
    mark: str
    """What this session's own setting says; empty when it isn't there."""


def mixing(ours: list[Look], others: list[Look], mark: str) -> str:
    """Why the looks of two connections, taken in turn, mean a pooler in transaction mode; empty when they don't.

    Answered by the announced session, there is nothing between us and the server. Else there is a pooler; it gives
    each connection a session of its own as long as that stays the same, keeps our mark and never serves the other.
    """
    if all(look.announced == look.answered for look in (*ours, *others)):
        return ""
    if len({look.answered for look in ours}) > 1:
        return "one connection was answered by several of the server's sessions"
    if {look.answered for look in ours} & {look.answered for look in others}:
        return "two connections were answered by the same of the server's sessions"
    if any(look.mark != mark for look in ours):
        return "a setting of the session was lost"
    if any(look.mark == mark for look in others):
        return "a setting of one session was found in another"
    return ""


def number(env: Mapping[str, str], name: str, default: int) -> int:
    given = env.get(name, "").strip() or str(default)
    if not given.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {given!r}.")
    return int(given)


@dataclass(frozen=True, slots=True)
class Budget:
    processes: int
    threads: int
    workers: int
    others: int

    @property
    def wanted(self) -> int:
        return self.processes * self.threads + self.workers * int(prices()["per_worker"]) + self.others

    @classmethod
    def of(cls, env: Mapping[str, str]) -> "Budget":
        return cls(
            number(env, "WEB_CONCURRENCY", 2),
            number(env, "WEB_THREADS", 8),
            number(env, "WORKER_CONCURRENCY", 2),
            number(env, "OTHER_CONNECTIONS", prices()["others"]),
        )

    def excess(self, *, most: int, reserved: int, schemas: int, memory: int) -> list[str]:
        """What there is too little of. ``memory`` in megabytes; 0 when nobody has said."""
        found = []
        room = most - reserved
        if self.wanted > room:
            found.append(
                CONNECTIONS.format(
                    room=room, most=most, reserved=reserved, wanted=self.wanted, processes=self.processes,
                    threads=self.threads, workers=self.workers, per_worker=prices()["per_worker"],
                    others=self.others,
                )
            )  # fmt: skip
        per_connection, per_schema = prices()["mb_per_connection"], prices()["mb_per_schema"]
        megabytes = round(self.wanted * (per_connection + schemas * per_schema))
        if memory and megabytes > memory:
            found.append(
                MEMORY.format(
                    wanted=self.wanted, megabytes=megabytes, per_connection=per_connection, schemas=schemas,
                    per_schema=per_schema, most=memory,
                )
            )  # fmt: skip
        return found


@cache
def prices() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "budget.yaml").read_text(encoding="utf-8"))
    return found


def refusals(connect: Callable[[], "psycopg.Connection[Any]"], env: Mapping[str, str]) -> list[str]:
    """Everything for which this process must not serve."""
    mark = uuid4().hex
    with connect() as ours, connect() as others:
        ours.execute("SELECT set_config('sanfang.probe', %s, false)", [mark])
        looks: tuple[list[Look], list[Look]] = ([], [])
        for _round in range(ROUNDS):
            for found, connection in zip(looks, (ours, others), strict=True):
                row = _one(connection, "SELECT pg_backend_pid(), coalesce(current_setting('sanfang.probe', true), '')")
                found.append(Look(connection.info.backend_pid, row[0], row[1]))
        why = mixing(*looks, mark)
        most, reserved = _one(
            others,
            "SELECT current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int "
            "+ coalesce(current_setting('reserved_connections', true)::int, 0)",
        )
    budget, schemas = Budget.of(env), settings.SCHEMAS_PER_CONNECTION
    memory = number(env, "DATABASE_MEMORY_MB", 0)
    excess = budget.excess(most=most, reserved=reserved, schemas=schemas, memory=memory)
    return [*([POOLER.format(why=why)] if why else []), *excess]


def _one(connection: "psycopg.Connection[Any]", query: str) -> Any:
    return connection.execute(query.encode()).fetchone()


def _connect() -> "psycopg.Connection[Any]":
    """As the web does, but a connection of its own: nothing of it is left for the first request."""
    return psycopg.connect(**connections["default"].get_connection_params(), autocommit=True)


_pending = threading.Event()
"""The database could not be reached when the process began; it is looked at with the first connection."""


def require() -> None:
    """Before a process serves. Raises :class:`ImproperlyConfigured`. With a database that can't be reached (also: that
    has no room for two more connections) the look is put off to the first connection, see :func:`require_if_pending`.
    """
    try:
        found = refusals(_connect, os.environ)
    except psycopg.OperationalError as error:
        _pending.set()
        log.warning("start not checked", error=type(error).__name__)
        return
    _pending.clear()
    if found:
        raise ImproperlyConfigured("\n".join(found))


def require_if_pending() -> None:
    """With every new connection of ours; nearly always there is nothing to do. Raises what :func:`require` does, so
    that nothing is served over a connection that mixes tenants, and `/readyz` says no."""
    if _pending.is_set():
        require()
        if _pending.is_set():
            raise psycopg.OperationalError("The way to the database couldn't be looked at yet.")


@checks.register(checks.Tags.database)
def way_to_the_database(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[checks.Error]:
    """For ``manage.py check --database default``."""
    if "default" not in (databases or ()):
        return []
    return [checks.Error(found, id="tenancy.E004") for found in refusals(_connect, os.environ)]

"""What is looked at once before a process serves: is the way to the database one that keeps tenants apart, and is
there room for all our connections?

A pooler in transaction mode gives each transaction another of the server's sessions. Role and search path are
settings of a session here, so such a pooler runs one tenant's queries with another's rights. Some poolers follow the
search path from session to session (PgBouncer from 1.25 with ``track_extra_parameters`` on PostgreSQL 18); none can
follow the role, because PostgreSQL doesn't report it. So all of them are refused.
"""

import os
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
    "processes (WORKER_CONCURRENCY) + {others} others (OTHER_CONNECTIONS). Raise max_connections or lower these."
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


@dataclass(frozen=True, slots=True)
class Budget:
    processes: int
    threads: int
    workers: int
    others: int

    @property
    def wanted(self) -> int:
        return self.processes * self.threads + self.workers + self.others

    @classmethod
    def of(cls, env: Mapping[str, str]) -> "Budget":
        def number(name: str, default: int) -> int:
            given = env.get(name, "").strip() or str(default)
            if not given.isdecimal():
                raise ImproperlyConfigured(f"{name} must be a whole number, not {given!r}.")
            return int(given)

        return cls(
            number("WEB_CONCURRENCY", 2),
            number("WEB_THREADS", 8),
            number("WORKER_CONCURRENCY", 2),
            number("OTHER_CONNECTIONS", prices()["others"]),
        )

    def excess(self, *, most: int, reserved: int, schemas: int, memory: int) -> list[str]:
        """What there is too little of. ``memory`` in megabytes; 0 when nobody has said."""
        found = []
        room = most - reserved
        if self.wanted > room:
            found.append(
                CONNECTIONS.format(
                    room=room, most=most, reserved=reserved, wanted=self.wanted, processes=self.processes,
                    threads=self.threads, workers=self.workers, others=self.others,
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
    memory = int(env.get("DATABASE_MEMORY_MB", "").strip() or 0)
    excess = budget.excess(most=most, reserved=reserved, schemas=schemas, memory=memory)
    return [*([POOLER.format(why=why)] if why else []), *excess]


def _one(connection: "psycopg.Connection[Any]", query: str) -> Any:
    return connection.execute(query.encode()).fetchone()


def _connect() -> "psycopg.Connection[Any]":
    """As the web does, but a connection of its own: nothing of it is left for the first request."""
    return psycopg.connect(**connections["default"].get_connection_params(), autocommit=True)


def require() -> None:
    """Before a process serves. Raises :class:`ImproperlyConfigured`; a database that can't be reached is no reason,
    for then nothing can be mixed up either, and `/readyz` says so."""
    try:
        found = refusals(_connect, os.environ)
    except psycopg.OperationalError as error:
        log.warning("start not checked", error=type(error).__name__)
        return
    if found:
        raise ImproperlyConfigured("\n".join(found))


@checks.register(checks.Tags.database)
def way_to_the_database(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[checks.Error]:
    """For ``manage.py check --database default``."""
    if "default" not in (databases or ()):
        return []
    return [checks.Error(found, id="tenancy.E004") for found in refusals(_connect, os.environ)]

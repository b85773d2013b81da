"""What schemas of one state are missing, written down as SQL once for all of them."""

from dataclasses import dataclass, field, replace
from typing import Any

from django.db import router
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from sanfang.tenancy.rollout.states import Applied


class KnownLoader(MigrationLoader):
    """The migrations on disk beside those that a schema is known to have, without asking the database."""

    def __init__(self, known: Applied) -> None:
        self._known = known
        super().__init__(None)

    @property
    def applied_migrations(self) -> dict[tuple[str, str], Any]:
        return self._state

    @applied_migrations.setter
    def applied_migrations(self, _nothing: dict[tuple[str, str], Any]) -> None:
        # The stock loader puts in what it found in the database, which is nothing without a connection. What it
        # adds and removes afterwards (squashed migrations) is kept.
        self._state: dict[tuple[str, str], Any] = dict.fromkeys(self._known)


@dataclass(frozen=True, slots=True)
class Part:
    """A migration and its SQL. A schema gets both, the statements and the note that it has them, or neither."""

    key: tuple[str, str]
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Some migrations that a schema gets in one round trip, each in a transaction of its own, as Django gives them.

    A step with ``code`` holds one migration that is more than SQL, or that mustn't run in a transaction; it is
    carried out schema by schema from the models as they were ``before``.
    """

    parts: tuple[Part, ...]
    code: Migration | None = None
    before: ProjectState = field(default_factory=ProjectState)

    def without(self, known: Applied) -> "Step":
        """What is left of it for a schema that has some of its migrations."""
        return replace(self, parts=tuple(part for part in self.parts if part.key not in known))


class Plan:
    """What schemas with the migrations ``known`` are missing, in the order in which it has to come."""

    def __init__(self, known: Applied) -> None:
        loader = KnownLoader(known)
        everything = self._in_order(loader)
        has = loader.applied_migrations
        self.missing = [one for one in everything if (one.app_label, one.name) not in has]
        self.state = ProjectState(real_apps=loader.unmigrated_apps)
        for one in everything:
            if (one.app_label, one.name) in has:
                one.mutate_state(self.state, preserve=False)

    @staticmethod
    def _in_order(loader: KnownLoader) -> list[Migration]:
        graph, order, seen = loader.graph, [], set()
        for leaf in graph.leaf_nodes():
            for key in graph.forwards_plan(leaf):
                if key not in seen:
                    seen.add(key)
                    order.append(graph.nodes[key])
        return order

    def write_down(self, migration: Migration, connection: Any) -> Step:
        """The next migration as a step. ``connection`` is in a schema that has all the ones before it."""
        key = (migration.app_label, migration.name)
        if not router.allow_migrate(connection.alias, migration.app_label):
            # This kind of tenant doesn't carry the app: it is only noted down as done.
            self.state = migration.mutate_state(self.state, preserve=False)
            return Step((Part(key),))
        if not migration.atomic or not all(_is_sql(operation) for operation in migration.operations):
            before = self.state.clone()
            self.state = migration.mutate_state(self.state, preserve=False)
            return Step((Part(key),), code=migration, before=before)
        with connection.schema_editor(collect_sql=True, atomic=True) as editor:
            self.state = migration.apply(self.state, editor, collect_sql=True)
        return Step((Part(key, tuple(one for one in editor.collected_sql if not _is_comment(one))),))


def _is_comment(statement: str) -> bool:
    """What Django says about each operation. A statement may well begin with a comment."""
    return all(line.lstrip().startswith("--") for line in statement.splitlines() if line.strip())


def _is_sql(operation: Any) -> bool:
    parts = getattr(operation, "database_operations", None)
    return bool(operation.reduces_to_sql) if parts is None else all(_is_sql(part) for part in parts)


def joined(steps: list[Step]) -> list[Step]:
    """Neighbouring steps of plain SQL as one, so that each costs a schema no round trip of its own."""
    found: list[Step] = []
    for step in steps:
        if found and step.code is None and found[-1].code is None:
            step = Step(found.pop().parts + step.parts)
        found.append(step)
    return found

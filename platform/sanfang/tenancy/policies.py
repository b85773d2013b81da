"""One door per kind of object: what an actor sees in lists, and what they may do with one.

``visible`` filters, ``get`` loads one. Unknown and foreign ids are :class:`NotFound` (404); what exists
here but isn't theirs to see or to do is :class:`Forbidden` (403). Views never load by themselves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar, cast
from uuid import UUID

from django.db.models import QuerySet

from sanfang.kernel.errors import Forbidden, NotFound
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.models import TenantModel

M = TypeVar("M", bound=TenantModel)


@dataclass(frozen=True)
class Policy(Generic[M]):
    """``verbs`` names the capability for each verb; ``see`` is among them.

    ``scope`` narrows the rows to the actor's own where their role doesn't see all.
    """

    model: type[M]
    verbs: Mapping[str, str]
    scope: Callable[[Actor, QuerySet[M]], QuerySet[M]] | None = None

    def may(self, actor: Actor, verb: str) -> bool:
        return actor.may(self.verbs[verb])

    def require(self, actor: Actor, verb: str) -> None:
        actor.require(self.verbs[verb])

    def visible(self, actor: Actor) -> QuerySet[M]:
        rows = self._all()
        if not self.may(actor, "see"):
            return rows.none()
        return self.scope(actor, rows) if self.scope else rows

    def get(self, actor: Actor, key: UUID | str, verb: str = "see", rows: QuerySet[M] | None = None) -> M:
        """The one object, if the actor may ``verb`` it. ``rows`` may add select_related and the like."""
        every = self._all() if rows is None else rows
        found = every.filter(pk=key).first()
        if found is None:
            raise NotFound(f"{self.model.__name__} {key}")
        self.require(actor, verb)
        if self.scope and not self.scope(actor, self._all().filter(pk=key)).exists():
            raise Forbidden(f"{verb} {self.model.__name__} {key}")
        return found

    def _all(self) -> QuerySet[M]:
        return cast(QuerySet[M], self.model._default_manager.all())

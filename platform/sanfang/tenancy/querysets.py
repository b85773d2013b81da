"""Querysets that remember the tenant they were made in and refuse to run in another (study §3 #1, #2).

The memory travels with Django's own query, through clones and into subqueries, and is asked where every query
becomes SQL (``backend.compiler``). Rows that come along (``customer.vehicles``) are asked by the router.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from django.db import connections, models
from django.db.models.query import RawQuerySet
from django.db.models.sql import RawQuery

from sanfang.tenancy.binding import bind, require_place, require_rows
from sanfang.tenancy.context import current_schema

M = TypeVar("M", bound=models.Model)


class GuardedQuerySet(models.QuerySet[M]):
    """Made inside a tenant it runs in that tenant only. Made at the door (import time) it is unbound."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bind(self.query)

    @property
    def db(self) -> str:
        """Asked by every verb; those that make a query of their own (create, bulk_create) are refused here."""
        alias = super().db
        require_place(self.query, connections[alias].schema_name)  # type: ignore[attr-defined]
        return alias

    def _iterator(self, *args: Any) -> Iterator[M]:
        for row in super()._iterator(*args):  # type: ignore[misc]
            # A generator may be carried into another tenant between two rows.
            require_place(self.query, current_schema())
            yield row

    def raw(self, raw_query: Any, params: Any = (), translations: Any = None, using: str | None = None) -> Any:
        alias = using or self.db
        query: Any = GuardedRawQuery(raw_query, alias, params)
        return RawQuerySet(
            raw_query, model=self.model, query=query, params=params, translations=translations, using=alias
        )

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        made = super().bulk_create(objs, *args, **kwargs)
        for row in made:
            row._schema = current_schema()  # type: ignore[attr-defined]
        return made

    def bulk_update(self, objs: Iterable[M], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        rows: Sequence[M] = tuple(objs)
        require_rows(rows, current_schema())
        return super().bulk_update(rows, fields, *args, **kwargs)


class GuardedRawQuery(RawQuery):
    """SQL written by hand, bound like any other query."""

    _schema: str | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bind(self)

    def clone(self, using: str) -> "GuardedRawQuery":
        copy = GuardedRawQuery(self.sql, using, params=self.params)
        copy._schema = self._schema
        return copy

    def _execute_query(self) -> None:
        require_place(self, connections[self.using].schema_name)  # type: ignore[attr-defined]
        super()._execute_query()  # type: ignore[misc]


class TenantManager(models.Manager[M]):
    """The manager of every tenant model: its querysets are guarded."""

    def get_queryset(self) -> GuardedQuerySet[M]:
        return GuardedQuerySet(self.model, using=self._db, hints=self._hints)  # type: ignore[attr-defined]

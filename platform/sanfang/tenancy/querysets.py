"""Querysets and instances that remember their schema and refuse to run in another (study §3 #1, #2)."""

from collections.abc import Iterable, Iterator
from typing import Any, Self, TypeVar

from django.db import models

from sanfang.kernel.errors import WrongTenant
from sanfang.tenancy.context import at_door, current_schema

M = TypeVar("M", bound=models.Model)


class GuardedQuerySet(models.QuerySet[M]):
    """Made inside a tenant it runs in that tenant only. Made at the door (import time) it is unbound."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._schema: str | None = None if at_door() else current_schema()

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._schema = self._schema or (None if at_door() else current_schema())
        return clone

    def _require_schema(self) -> None:
        if at_door():
            raise WrongTenant(f"{self.model.__name__} rows live inside a tenant, and none has been entered.")
        if self._schema is not None and self._schema != current_schema():
            raise WrongTenant(f"A query for {self.model.__name__} was made in another tenant.")

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            self._require_schema()
        super()._fetch_all()

    def iterator(self, chunk_size: int | None = None) -> Iterator[M]:
        self._require_schema()
        return super().iterator(chunk_size)

    def count(self) -> int:
        self._require_schema()
        return super().count()

    def exists(self) -> bool:
        self._require_schema()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._require_schema()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._require_schema()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._require_schema()
        return super().delete()

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        self._require_schema()
        return super().bulk_create(objs, *args, **kwargs)

    def bulk_update(self, objs: Iterable[M], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        self._require_schema()
        return super().bulk_update(objs, fields, *args, **kwargs)


class TenantManager(models.Manager[M]):
    """The manager of every tenant model: its querysets are guarded."""

    def get_queryset(self) -> GuardedQuerySet[M]:
        return GuardedQuerySet(self.model, using=self._db)

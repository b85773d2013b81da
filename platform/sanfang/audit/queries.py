"""What was written into the books about one thing."""

from uuid import UUID

from django.db.models import QuerySet

from sanfang.audit.models import History

__all__ = ["History", "changes_of"]


def changes_of(key: UUID, table: str) -> QuerySet[History]:
    """What of the row changed since it was made, the newest first."""
    return History.objects.filter(object=key, model=table, change="~").order_by("-id")

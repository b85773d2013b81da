"""Which calls of the queue somebody wants to see, and in what order: what a saved view keeps."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.followups import work

SORTS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "due": (_("按到期"), work.ORDER),
    "unreached": (_("未接通次数多的在前"), (F("unreached").desc(), *work.ORDER)),
    "newest": (_("最近触发的在前"), (F("trigger_on").desc(), *work.ORDER)),
    "customer": (_("同名客户放在一起"), ("customer__name", *work.ORDER)),
}
"""Within each group: what is overdue stays above what isn't."""


@dataclass(frozen=True, slots=True)
class Selection:
    """``rules``: only calls that these rules asked for. ``whose``: only the work of these people, None is everybody's
    and nobody's. ``free``: only what is nobody's. Empty: everything, in the standard's order."""

    rules: tuple[str, ...] = ()
    whose: Collection[UUID] | None = None
    free: bool = False
    sort: str = "due"

    def condition(self) -> Q:
        wanted = Q()
        if self.rules:
            wanted &= Q(rule__in=self.rules)
        if self.free:
            wanted &= Q(assignee=None) | Q(assignee__active=False)
        elif self.whose is not None:
            wanted &= Q(assignee__in=list(self.whose))
        return wanted


EVERYTHING = Selection()


def order_of(selection: Selection) -> tuple[Any, ...]:
    return SORTS.get(selection.sort, SORTS["due"])[1]

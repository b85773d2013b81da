"""What of the queue somebody looks at: read from the address, kept in every link of the page, saved as a view."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from crm.desk.models import SavedView
from crm.desk.queries import views_of
from crm.followups.queries import SORTS, Selection
from crm.store.queries import StoreFacts
from crm.team.queries import answers_for
from tenants.requests import TenantRequest

MINE, FREE = "mine", "free"
COLUMNS = ("vehicle", "plate", "unreached", "assignee")
USUAL_COLUMNS = ("vehicle", "unreached")
OWN = ("rules", "whose", "sort", "columns")
"""Parameters that say more than which view; any of them in the address goes before what the view has saved."""


@dataclass(frozen=True, slots=True)
class Looking:
    """``filter``: todo, overdue, promised or done. ``mark``: the query string that keeps all of it, empty for the
    usual. ``views``: those that may be chosen, where the page lists them."""

    filter: str
    rules: tuple[str, ...]
    whose: str
    sort: str
    columns: tuple[str, ...]
    view: SavedView | None
    views: tuple[SavedView, ...]
    selection: Selection

    @property
    def narrowed(self) -> bool:
        return bool(self.rules or self.whose or self.sort != "due")

    def query(self, **other: Any) -> str:
        """For links: as it is, with ``other`` instead. The usual is left out."""
        return _query({"queue": self.filter, **self._rest(), **other})

    @property
    def mark(self) -> str:
        return self.query()

    def _rest(self) -> dict[str, Any]:
        if self.view is not None:
            return {"view": str(self.view.pk)}
        return {"rules": self.rules, "whose": self.whose, "sort": self.sort, "columns": self.columns}


USUAL: dict[str, Any] = {
    "queue": "todo", "rules": (), "whose": "", "sort": "due", "columns": USUAL_COLUMNS, "view": ""
}  # fmt: skip


def looking(request: TenantRequest, place: StoreFacts, now: datetime, *, listed: bool = False) -> Looking:
    """``listed``: the page shows which views there are. No statement for the usual queue that isn't ``listed``; one
    for views, one for "mine"."""
    asked = request.GET
    views = tuple(views_of(request.actor)) if listed or "view" in asked else ()
    explicit = any(name in asked for name in OWN)
    view = None if explicit else next((one for one in views if str(one.pk) == asked.get("view")), None)
    told: dict[str, Any] = {**USUAL, **(_of_address(asked) if explicit else _cleaned(view.selection) if view else {})}
    if "queue" in asked:
        told["queue"] = asked["queue"]
    whose = told["whose"]
    people = answers_for(request.actor.staff_id, now, place=place) if whose == MINE else None
    return Looking(
        filter=told["queue"],
        rules=tuple(told["rules"]),
        whose=whose,
        sort=told["sort"],
        columns=tuple(told["columns"]),
        view=view,
        views=views,
        selection=Selection(rules=tuple(told["rules"]), whose=people, free=whose == FREE, sort=told["sort"]),
    )


def _of_address(asked: QueryDict) -> dict[str, Any]:
    return _cleaned(
        {
            "rules": asked.getlist("rules"),
            "whose": asked.get("whose", ""),
            "sort": asked.get("sort", "due"),
            **({"columns": asked.getlist("columns")} if "columns" in asked else {}),
        }
    )


def of_form(posted: QueryDict) -> dict[str, Any]:
    """What a view keeps of the form with which it is saved."""
    told = _cleaned(
        {
            "queue": posted.get("queue", "todo"),
            "rules": posted.getlist("rules"),
            "whose": posted.get("whose", ""),
            "sort": posted.get("sort", "due"),
            "columns": posted.getlist("columns"),
        }
    )
    return {**told, "rules": list(told["rules"]), "columns": list(told["columns"])}


def _cleaned(told: dict[str, Any]) -> dict[str, Any]:
    """Whatever an address or an old view says, only what there is comes out."""
    found = {**USUAL, **told}
    return {
        "queue": str(found["queue"]),
        "rules": tuple(str(rule)[:40] for rule in list(found["rules"])[:30] if rule),
        "whose": found["whose"] if found["whose"] in (MINE, FREE) else "",
        "sort": found["sort"] if found["sort"] in SORTS else "due",
        "columns": tuple(name for name in COLUMNS if name in found["columns"]),
    }


def _query(told: dict[str, Any]) -> str:
    kept = [(name, value) for name, value in told.items() if value and value != USUAL[name]]
    return f"?{urlencode(kept, doseq=True)}" if kept else ""

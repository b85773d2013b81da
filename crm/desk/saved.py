"""Views of the queue under a name: mine, shared with all, or locked by a manager."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.desk.models import SavedView
from crm.desk.policy import saved_views
from sanfang.audit.actions import record_event
from sanfang.kernel.errors import Conflict, DomainError, Forbidden
from sanfang.kernel.permissions import Actor

MOST = 30
"""Views that one person keeps; a longer list helps nobody."""


def views_of(actor: Actor) -> list[SavedView]:
    """The actor's own, then those shared with all, by name. One statement."""
    found = saved_views.visible(actor).select_related("owner").order_by("name", "pk")
    return sorted(found, key=lambda one: (one.owner_id != actor.staff_id, one.name))


def may_change(actor: Actor, view: SavedView) -> bool:
    """A locked view is a manager's to change; a shared one its owner's or a manager's; the others one's own."""
    if view.owner_id == actor.staff_id:
        return not view.locked or saved_views.may(actor, "lock")
    return view.shared and saved_views.may(actor, "lock")


@transaction.atomic
def save(actor: Actor, *, name: str, selection: dict[str, Any], shared: bool, now: datetime) -> SavedView:
    """A new view of the actor's own. Under a name that they have, that one is replaced, if it isn't locked."""
    saved_views.require(actor, "save")
    name = name.strip()[:40]
    if not name:
        raise DomainError(_("请给视图起个名字。"), code="no_name", field="name")
    mine = SavedView.objects.select_for_update().filter(owner=actor.staff_id)
    known = mine.filter(name=name).first()
    if known is not None:
        return change(actor, known, selection=selection, shared=shared, now=now)
    if mine.count() >= MOST:
        raise DomainError(
            _("最多保存 %(most)d 个视图，请先删除不用的。") % {"most": MOST}, code="too_many", field="name"
        )
    try:
        with transaction.atomic():
            return SavedView.objects.create(
                name=name, owner_id=actor.staff_id, selection=selection, shared=shared, saved_at=now
            )
    except IntegrityError as taken:
        raise Conflict(_("同名视图刚刚保存过，请刷新页面。"), code="saved_meanwhile") from taken


@transaction.atomic
def change(
    actor: Actor,
    view: SavedView,
    *,
    selection: dict[str, Any] | None = None,
    shared: bool | None = None,
    locked: bool | None = None,
    now: datetime,
) -> SavedView:
    """What is None stays. Locking and unlocking is a manager's; a locked view is shared."""
    if not may_change(actor, view):
        raise Forbidden(f"change SavedView {view.pk}")
    if locked is not None:
        saved_views.require(actor, "lock")
        view.locked = locked
    if shared is not None:
        view.shared = shared
    view.shared = view.shared or view.locked
    if selection is not None:
        view.selection = selection
    view.saved_at = now
    view.save(update_fields=["selection", "shared", "locked", "saved_at"])
    record_event(actor, view, "view.changed", now, shared=view.shared, locked=view.locked)
    return view


@transaction.atomic
def forget(actor: Actor, view: SavedView, *, now: datetime) -> None:
    if not may_change(actor, view):
        raise Forbidden(f"delete SavedView {view.pk}")
    record_event(actor, view, "view.deleted", now, name=view.name)
    view.delete()

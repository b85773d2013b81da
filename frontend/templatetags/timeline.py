"""How the kinds of events in a customer's timeline look and which filter they belong to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()

_ICONS = {
    "call": "phone",
    "call_missed": "phone-missed",
    "delivery": "key-round",
    "repair": "wrench",
    "complaint": "message-square-warning",
    "message": "message-square-text",
    "survey": "clipboard-check",
    "import": "file-down",
    "note": "notebook-pen",
}

_GROUPS = {
    "call": "contact",
    "call_missed": "contact",
    "message": "contact",
    "survey": "contact",
    "delivery": "visit",
    "repair": "visit",
    "complaint": "complaint",
}

_GROUP_LABELS: tuple[tuple[str, str | Promise], ...] = (
    ("contact", _("联系")),
    ("visit", _("进厂")),
    ("complaint", _("投诉")),
)


@dataclass(frozen=True, slots=True)
class Filter:
    key: str
    label: str | Promise
    count: int


@register.filter
def event_icon(kind: str) -> str:
    return _ICONS.get(kind, "circle-dot")


@register.filter
def event_group(kind: str) -> str:
    return _GROUPS.get(kind, "other")


@register.simple_tag
def timeline_filters(events: Iterable[Any]) -> list[Filter]:
    """The filters that have something to show; one alone filters nothing, so then there are none."""
    counts = Counter(event_group(event.kind) for event in events)
    filters = [Filter(key, label, counts[key]) for key, label in _GROUP_LABELS if counts[key]]
    return filters if len(counts) > 1 else []


_KINDS: tuple[tuple[str, str | Promise, tuple[str, ...]], ...] = (
    ("calls", _("电话"), ("call", "call_missed")),
    ("visits", _("进厂"), ("repair",)),
    ("deliveries", _("交车"), ("delivery",)),
    ("complaints", _("投诉"), ("complaint",)),
    ("messages", _("短信"), ("message",)),
    ("surveys", _("问卷"), ("survey",)),
    ("notes", _("跟踪"), ("note",)),
)
_KIND_OF = {kind: key for key, _label, kinds in _KINDS for kind in kinds}


@register.filter
def event_kind(kind: str) -> str:
    """As `event_group`, but finer: for the customer's own page."""
    return _KIND_OF.get(kind, "notes")


@register.simple_tag
def timeline_kinds(events: Iterable[Any]) -> list[Filter]:
    counts = Counter(event_kind(event.kind) for event in events)
    filters = [Filter(key, label, counts[key]) for key, label, _kinds in _KINDS if counts[key]]
    return filters if len(filters) > 1 else []

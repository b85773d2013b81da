"""The one clock chip of the product: working time left in words, with a colour and an icon that say the same."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from frontend.templatetags.when import WEEKDAYS

register = template.Library()

# A clock turns amber when a quarter of its time is left: soon enough to act, late enough to mean something.
_NEAR = 0.25
_DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Face:
    """``closed``: that the clock stands still, and until when. ``openings``: what `timers.js` goes on with."""

    tone: str
    icon: str
    words: str
    due: datetime | None
    total: int
    elapsed: int
    left: int = 0
    closed: str = ""
    openings: str = "[]"


def words_left(seconds: int, *, over: bool) -> str:
    """The same words as `timers.js` writes while the page stays open. Working hours aren't counted in days."""
    hours, rest = divmod(abs(seconds), 3600)
    minutes, second = divmod(rest, 60)
    if hours >= 4:
        length = _("%(h)d 时 %(m)02d 分") % {"h": hours, "m": minutes}
    else:
        length = f"{hours}:{minutes:02d}:{second:02d}"
    return (_("超时 %(t)s") if over else _("剩 %(t)s")) % {"t": length}


@register.simple_tag
def clock_face(clock: Any, now: datetime) -> Face:
    """What the chip shows for `clock {due, state, total_seconds, left_seconds, coming, done_at}`."""
    total, left = max(clock.total_seconds, 1), clock.left_seconds
    if clock.state == "met":
        return Face("good", "circle-check", _("按时完成"), None, total, total)
    if clock.done_at is not None:
        return Face("danger", "circle-alert", words_left(left, over=True), None, total, total)
    openings = [[int(opens.timestamp()), int(closes.timestamp()), _hour(opens, now)] for opens, closes in clock.coming]
    closed = bool(clock.coming) and clock.coming[0][0] > now
    over = clock.state == "broken"
    near = left < total * _NEAR
    return Face(
        tone="danger" if over else "warn" if near else "good",
        icon="alarm-clock" if over else "timer",
        words=words_left(left, over=over),
        due=clock.due,
        total=total,
        elapsed=min(max(total - left, 0), total),
        left=left,
        closed=_("店休，%(when)s 继续") % {"when": openings[0][2]} if closed else "",
        openings=json.dumps(openings, ensure_ascii=False),
    )


def _hour(moment: datetime, now: datetime) -> str:
    """An hour of today, else with its weekday (which stays right when midnight passes), else with its date."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    hour, days = f"{local:%H:%M}", (local.date() - today).days
    if days == 0:
        return hour
    return f"{WEEKDAYS[local.weekday()]} {hour}" if days < _DAYS_A_WEEK else f"{local:%m-%d} {hour}"

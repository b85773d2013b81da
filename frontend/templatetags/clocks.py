"""The one clock chip of the product: time left in words, with a colour and an icon that say the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.translation import gettext as _

register = template.Library()

# A clock turns amber when a quarter of its time is left: soon enough to act, late enough to mean something.
_NEAR = 0.25


@dataclass(frozen=True, slots=True)
class Face:
    tone: str
    icon: str
    words: str
    due: datetime | None
    total: int
    elapsed: int


def words_left(seconds: int) -> str:
    """The same words as `timers.js` writes while the page stays open."""
    hours, rest = divmod(abs(seconds), 3600)
    minutes, second = divmod(rest, 60)
    if hours >= 24:
        length = _("%(d)d 天 %(h)d 时") % {"d": hours // 24, "h": hours % 24}
    elif hours >= 4:
        length = _("%(h)d 时 %(m)02d 分") % {"h": hours, "m": minutes}
    else:
        length = f"{hours}:{minutes:02d}:{second:02d}"
    return (_("超时 %(t)s") if seconds < 0 else _("剩 %(t)s")) % {"t": length}


@register.simple_tag
def clock_face(clock: Any, now: datetime) -> Face:
    """What the chip shows for `clock {due, state, total_seconds, done_at}`."""
    total = max(int(clock.total_seconds), 1)
    started = clock.due - timedelta(seconds=total)
    if clock.state == "met":
        return Face("good", "circle-check", _("按时完成"), None, total, total)
    if clock.state == "paused":
        return Face("muted", "circle-pause", _("已暂停"), None, total, 0)
    if clock.done_at is not None:
        late = int((clock.done_at - clock.due).total_seconds())
        return Face("danger", "circle-alert", words_left(-late), None, total, total)
    left = int((clock.due - now).total_seconds())
    elapsed = min(max(int((now - started).total_seconds()), 0), total)
    if left < 0:
        return Face("danger", "alarm-clock", words_left(left), clock.due, total, total)
    tone = "warn" if left < total * _NEAR else "good"
    return Face(tone, "timer", words_left(left), clock.due, total, elapsed)

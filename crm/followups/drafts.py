"""Which text of a call is the newer one, when a reload, a slow line or a second window sends them out of order.

A revision is ``window:number``; the number grows with every change that somebody makes in that window.
"""

from django.utils.translation import gettext as _

from sanfang.kernel.errors import Conflict

NEWER = "newer_draft"


def may_replace(kept: str, sent: str, base: str) -> bool:
    """Whether ``sent`` follows what is ``kept``; False for an earlier state of the same window, which is passed over.

    Raises :class:`Conflict` for a window that hasn't seen what another one wrote.
    """
    if kept in ("", base):
        return True
    (window, number), (of, other) = _parts(sent), _parts(kept)
    if window != of:
        raise Conflict(_("这个回访在另一个窗口里有更新的内容，这里的未保存。请刷新后再填写。"), code=NEWER)
    return number > other


def _parts(revision: str) -> tuple[str, int]:
    window, _colon, number = revision.partition(":")
    return window, int(number) if number.isdecimal() and len(number) < 20 else 0

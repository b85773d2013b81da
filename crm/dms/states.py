"""What an import goes through: a table that actions, screens and tests read."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.kernel.transitions import Transitions


class State(models.TextChoices):
    """Only ``done`` has changed the store's data, and then wholly: everything else has changed nothing.

    ``undoing`` has not changed it back yet; ``undone`` has, as far as nobody had worked on it since.
    """

    UPLOADED = "uploaded", _("已上传")
    CHECKING = "checking", _("试算中")
    CHECKED = "checked", _("待确认")
    QUEUED = "queued", _("排队中")
    APPLYING = "applying", _("导入中")
    DONE = "done", _("已完成")
    FAILED = "failed", _("失败")
    CANCELLED = "cancelled", _("已取消")
    UNDOING = "undoing", _("撤销中")
    UNDONE = "undone", _("已撤销")


MAKE, UNDO, MACHINE = "import.make", "import.undo", ""
"""Nobody has the machine's "capability", so no screen offers its verbs."""

TRANSITIONS = Transitions(
    [
        # Asking once more for what is under way sends it again, should its message have been lost.
        ("check", [State.UPLOADED, State.CHECKING, State.CHECKED, State.FAILED], State.CHECKING, MAKE),
        ("finish_check", [State.CHECKING], State.CHECKED, MACHINE),
        ("apply", [State.UPLOADED, State.CHECKED, State.QUEUED, State.FAILED], State.QUEUED, MAKE),
        # From "applying" too: a killed worker's task is delivered again and starts afresh.
        ("start", [State.QUEUED, State.APPLYING], State.APPLYING, MACHINE),
        ("finish", [State.APPLYING], State.DONE, MACHINE),
        ("fail", [State.CHECKING, State.QUEUED, State.APPLYING], State.FAILED, MACHINE),
        (
            "cancel",
            [State.UPLOADED, State.CHECKING, State.CHECKED, State.QUEUED, State.APPLYING, State.FAILED],
            State.CANCELLED,
            MAKE,
        ),
        # Once more: what was refused may be free by then. Asking for what is under way sends it again.
        ("undo", [State.DONE, State.UNDOING, State.UNDONE], State.UNDOING, UNDO),
        ("finish_undo", [State.UNDOING], State.UNDONE, MACHINE),
        ("fail_undo", [State.UNDOING], State.DONE, MACHINE),
    ]
)

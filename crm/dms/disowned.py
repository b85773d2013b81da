"""An import whose person has left the store meanwhile doesn't go on, and says so to those who stay."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.dms import storing
from crm.dms.models import ImportRun
from crm.dms.states import TRANSITIONS
from sanfang.audit.actions import record_event


def give_up(run_id: str, language: str, *rest: Any) -> None:
    """In place of a task that :class:`sanfang.tenancy.tasks.TenantTask` refuses. Repeatable; nothing was written."""
    with override(language):
        _fail(UUID(run_id))
    # What had been read of the file lies in slices beside it.
    storing.forget_slices(run_id)


def leave(run_id: str, *rest: Any) -> None:
    """Instead of taking an import back: it stays as it was. Repeatable."""
    step, now = TRANSITIONS["fail_undo"], timezone.now()
    with transaction.atomic():
        if ImportRun.objects.filter(pk=run_id, state__in=step.sources).update(state=step.target):
            record_event(None, ImportRun.objects.get(pk=run_id), "import.fail_undo", now)


@transaction.atomic
def _fail(run_id: UUID) -> None:
    reason = _("要求导入的人已不在本店任职，没有写入任何数据。仍需要本文件的，请由在职同事重新导入。")
    step, now = TRANSITIONS["fail"], timezone.now()
    waiting = ImportRun.objects.filter(pk=run_id, state__in=step.sources)
    if waiting.update(state=step.target, message=reason, finished_at=now):
        record_event(None, ImportRun.objects.get(pk=run_id), "import.fail", now)

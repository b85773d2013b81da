"""Imports in the background, step by step. A task may be delivered twice, late, or after a worker was killed."""

from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.translation import get_language, override

from crm.dms import disowned, running, upkeep
from crm.dms.models import ImportRun
from sanfang.tenancy.tasks import for_each_tenant, on_behalf_of, platform_task, tenant_task
from sanfang.tenancy.waiting import Waiting

# A database that restarts is back within a minute; the run's transaction has left nothing.
AGAIN: dict[str, Any] = {
    "autoretry_for": (OperationalError, InterfaceError),
    "retry_backoff": 2,
    "retry_backoff_max": 60,
    "max_retries": 20,
}


UNFINISHED = [str(state) for states in running.WANTED.values() for state in states]
WAITING = Waiting("dms_importrun", f"state IN ({', '.join(map(repr, UNFINISHED))})")


@platform_task()
def resume_everywhere() -> None:
    for_each_tenant(resume, {"dealer"}, waiting=WAITING, expires=30)


@tenant_task()
def resume() -> None:
    """Sends again what waits or was under way with nobody at work on it: a lost message, a killed worker."""
    for run_id, verb, step in running.left_alone():
        by = ImportRun.objects.values_list("undone_by_id" if verb == "undo" else "by_id", flat=True).get(pk=run_id)
        with on_behalf_of(str(by or "")):
            {"check": check, "apply": apply, "undo": undo}[verb].later(str(run_id), get_language() or "", step)


@platform_task()
def tidy_everywhere() -> None:
    for_each_tenant(tidy, {"dealer"})


@tenant_task()
def tidy() -> None:
    """Files whose time is past."""
    upkeep.tidy(timezone.now())


@tenant_task(**AGAIN, disowned=disowned.give_up)
def check(run_id: str, language: str, step: int = 0) -> None:
    """``language``: the reasons are written in the language of whoever asked."""
    _go_on(check, run_id, "check", language, step)


@tenant_task(**AGAIN, disowned=disowned.give_up)
def apply(run_id: str, language: str, step: int = 0) -> None:
    _go_on(apply, run_id, "apply", language, step)


@tenant_task(**AGAIN, disowned=disowned.leave)
def undo(run_id: str, language: str, step: int = 0) -> None:
    with override(language):
        running.undo(UUID(run_id))
    resume.run()


def _go_on(task: Any, run_id: str, verb: str, language: str, step: int) -> None:
    """One step of a run. The next goes to the end of the queue, so that other tenants' tasks come between."""
    with override(language):
        went = running.go_on(UUID(run_id), verb, step)
    if went.further is not None:
        task.later(run_id, language, went.further)
    elif went.ended:
        resume.run()

"""Imports in the background. Both tasks may be delivered twice, late, or after a worker was killed."""

from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.utils.translation import get_language, override

from crm.dms import disowned, running
from crm.dms.models import ImportRun
from sanfang.tenancy.tasks import for_each_tenant, on_behalf_of, platform_task, tenant_task

# A database that restarts is back within a minute; the run's transaction has left nothing.
AGAIN: dict[str, Any] = {
    "autoretry_for": (OperationalError, InterfaceError),
    "retry_backoff": 2,
    "retry_backoff_max": 60,
    "max_retries": 20,
}


@platform_task()
def resume_everywhere() -> None:
    for_each_tenant(resume, {"dealer"})


@tenant_task()
def resume() -> None:
    """Sends again what waits or was under way with nobody at work on it: a lost message, a killed worker."""
    for run_id, verb in running.left_alone():
        by = ImportRun.objects.values_list("by_id", flat=True).get(pk=run_id)
        with on_behalf_of(str(by or "")):
            {"check": check, "apply": apply}[verb].later(str(run_id), get_language() or "")


@tenant_task(**AGAIN, disowned=disowned.give_up)
def check(run_id: str, language: str) -> None:
    """``language``: the reasons are written in the language of whoever asked."""
    with override(language):
        running.check(UUID(run_id))


@tenant_task(**AGAIN, disowned=disowned.give_up)
def apply(run_id: str, language: str) -> None:
    with override(language):
        running.apply(UUID(run_id))

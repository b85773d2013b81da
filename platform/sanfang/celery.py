"""The queue. Settings that lose nothing when a worker is killed (tenancy lab §2)."""

import os
from typing import Any

import structlog
from celery import Celery, signals
from celery.schedules import crontab
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sanfang.settings.production")

MINUTE, HOUR = 60.0, 3600.0
app = Celery("sanfang")
app.conf.update(
    broker_url=settings.BROKER_URL,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # Imports have a queue of their own. A worker takes from both unless it is told otherwise; where stores bring large
    # files, one of its own (-Q imports) keeps the last step of theirs, which can't be cut, from everybody else's tasks.
    task_queues={"celery": {}, "imports": {}},
    task_routes={f"crm.dms.tasks.{verb}": {"queue": "imports"} for verb in ("check", "apply")},
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        # Longer than the longest task. A killed pool process's task is back at once (reject_on_worker_lost); that of a
        # worker killed whole only after this, which is why imports are also looked for by their state, below.
        "visibility_timeout": 3600,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
    },
    timezone="UTC",
    # Static: what runs when is code. Each entry is a dispatcher that sends tasks to the tenants that have work.
    beat_schedule={
        name: {"task": task, "schedule": schedule, "options": {"expires": expires}}
        for name, task, schedule, expires in (
            ("plan follow-ups", "crm.followups.tasks.plan_everywhere", 15 * MINUTE, 15 * MINUTE),
            ("send waiting messages", "sanfang.messaging.tasks.send_everywhere", MINUTE, MINUTE),
            ("tell of events", "api.webhooks.tasks.send_everywhere", MINUTE / 2, MINUTE / 2),
            ("resume imports", "crm.dms.tasks.resume_everywhere", MINUTE / 2, MINUTE / 2),
            ("refill the pool", "tenants.tasks.refill_pool", 5 * MINUTE, 5 * MINUTE),
            ("look after the database", "tenants.tasks.look_after", 5 * MINUTE, 5 * MINUTE),
            ("put tenants in order", "tenants.life.tasks.put_in_order", MINUTE, MINUTE),
            # At night in China.
            ("delete what is past its time", "tenants.tasks.retire_everywhere", crontab("10", "18"), 12 * HOUR),
            ("delete old files", "crm.dms.tasks.tidy_everywhere", crontab("40", "18"), 12 * HOUR),
        )
    },
)
app.autodiscover_tasks()


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def keep_our_logging(**kwargs: Any) -> None:
    """Celery would replace Django's logging otherwise."""


@signals.worker_init.connect  # type: ignore[untyped-decorator]
def look_before_working(**kwargs: Any) -> None:
    """Celery logs what a receiver raises and goes on, but for this."""
    from sanfang.tenancy import start

    try:
        start.require()
    except ImproperlyConfigured as refusal:
        raise SystemExit(str(refusal)) from refusal


@signals.task_prerun.connect  # type: ignore[untyped-decorator]
def name_the_task(task_id: str, task: Any, **kwargs: Any) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, request_id=task_id)


@signals.task_postrun.connect  # type: ignore[untyped-decorator]
def forget_the_task(**kwargs: Any) -> None:
    structlog.contextvars.clear_contextvars()

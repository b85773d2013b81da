"""Background work. A task says in its decorator whether it works in a tenant or for the platform.

The tenant goes with the message as an explicit argument, taken when the task is *registered* to be sent, not
when the transaction commits (study §3 #3). A tenant task that arrives without one refuses to run.

So does who asked for it: what a person started, and whatever that sends on, is refused once their membership has
ended. What the platform itself started is nobody's and goes on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from celery import Task, shared_task
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from sanfang.kernel.errors import WrongTenant
from sanfang.tenancy.context import at_door, current_tenant, door, inside
from sanfang.tenancy.waiting import Waiting

TENANT, ASKED_BY = "_tenant", "_asked_by"
log = structlog.get_logger("sanfang.tasks")
_owner = ContextVar("owner", default="")
"""Who asked for the task at work."""


class TenantTask(Task):  # type: ignore[misc]
    """Runs inside the tenant named by the ``_tenant`` argument; skips tenants that aren't open or are under repair.

    ``typing`` is off: Celery would compare the arguments with the function's own, which knows no ``_tenant``.
    """

    abstract = True
    typing = False
    acks_late = True
    reject_on_worker_lost = True
    disowned: Callable[..., None] | None = None
    """Called instead, inside the tenant and with the task's arguments, when whoever asked for it has left."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        schema_name, asked_by = kwargs.pop(TENANT, None), kwargs.pop(ASKED_BY, "")
        # The platform has a row among the tenants too, and its schema is the door.
        if not schema_name or schema_name == settings.PUBLIC_SCHEMA_NAME:
            raise WrongTenant(f"{self.name} is a tenant's task and was sent without one.")
        with door():
            tenant: Any = apps.get_model("tenants", "Tenant")._default_manager.filter(schema_name=schema_name).first()
            stays = not asked_by or _is_member(schema_name, asked_by)
        if tenant is None or not tenant.is_open:
            log.warning("skipped", tenant=tenant.slug if tenant else schema_name, reason="not open")
            return None
        if tenant.behind:
            # Dispatchers look for work by its state, so it is found when the tenant has been made good.
            log.warning("skipped", tenant=tenant.slug, reason="under repair")
            return None
        with inside(tenant, request_id=self.request.id or ""):
            if not stays:
                log.warning("disowned", asked_by=asked_by)
                return self.disowned(*args, **kwargs) if self.disowned else None
            with on_behalf_of(asked_by):
                return super().__call__(*args, **kwargs)

    def later(self, *args: Any, **kwargs: Any) -> None:
        """Sends the task for the tenant we are in, after the transaction we are in, as whoever is at work asked for."""
        by = str(connection.actor or _owner.get())  # type: ignore[attr-defined]
        self._send(current_tenant().schema_name, {ASKED_BY: by} if by else {}, args, kwargs)

    def later_for(self, schema_name: str, *args: Any, expires: float | None = None, **kwargs: Any) -> None:
        """The platform sends the task, for any tenant."""
        self._send(schema_name, {}, args, kwargs, expires=expires)

    def _send(
        self, schema_name: str, asked_by: dict[str, str], args: Any, kwargs: Any, *, expires: float | None = None
    ) -> None:
        def send() -> None:
            self.apply_async(args=args, kwargs={**kwargs, **asked_by, TENANT: schema_name}, expires=expires)

        # Robust: with the queue down the change itself stands, the error is logged, and the next round of the
        # scheduler finds what was left (each of its entries looks for work by state, not by message).
        transaction.on_commit(send, robust=True)


class PlatformTask(Task):  # type: ignore[misc]
    """Runs at the door, never inside a tenant."""

    abstract = True
    acks_late = True
    reject_on_worker_lost = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if TENANT in kwargs or not at_door():
            raise WrongTenant(f"{self.name} is the platform's task and was sent with a tenant.")
        try:
            return super().__call__(*args, **kwargs)
        finally:
            connection.set_schema_to_public()  # type: ignore[attr-defined]


@contextmanager
def on_behalf_of(staff_id: str) -> Iterator[None]:
    """What is sent in this block is asked for by ``staff_id``; "" is nobody."""
    before = _owner.set(staff_id)
    try:
        yield
    finally:
        _owner.reset(before)


def _is_member(schema_name: str, staff_id: str) -> bool:
    memberships: Any = apps.get_model("tenants", "Membership")._default_manager
    here = memberships.filter(tenant=schema_name, staff_id=staff_id)
    return bool(here.filter(ended_at__isnull=True, user__is_active=True).exists())


def tenant_task(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorator: ``@tenant_task()``; call the task with ``.later(…)``. ``disowned``: see :class:`TenantTask`."""
    if "disowned" in options:
        options["disowned"] = staticmethod(options["disowned"])
    return shared_task(base=TenantTask, **options)  # type: ignore[no-any-return]


def platform_task(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorator: ``@platform_task()``."""
    return shared_task(base=PlatformTask, **options)  # type: ignore[no-any-return]


def for_each_tenant(task: Any, kinds: set[str], *, waiting: Waiting | None = None, expires: float | None = None) -> int:
    """Sends ``task`` once for every tenant of ``kinds`` that can work; returns how many. The scheduler's dispatcher.

    With ``waiting`` only to those that have such rows. A task not begun after ``expires`` seconds is dropped: the next
    round has sent another by then, and a queue that nobody has emptied for an hour isn't to be worked off for hours.
    """
    with door():
        names = list(
            apps.get_model("tenants", "Tenant")
            ._default_manager.filter(kind__in=kinds, state="ready", behind="")
            .values_list("schema_name", flat=True)
        )
    if waiting is not None:
        names = waiting.among(names)
    for name in names:
        task.later_for(name, expires=expires)
    return len(names)

"""Background work. A task says in its decorator whether it works in a tenant or for the platform.

The tenant goes with the message as an explicit argument, taken when the task is *registered* to be sent, not
when the transaction commits (study §3 #3). A tenant task that arrives without one refuses to run.
"""

from collections.abc import Callable
from typing import Any

from celery import Task, shared_task
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from sanfang.kernel.errors import WrongTenant
from sanfang.tenancy.context import at_door, current_tenant, door, inside

TENANT = "_tenant"


class TenantTask(Task):  # type: ignore[misc]
    """Runs inside the tenant named by the ``_tenant`` argument; skips tenants that aren't open.

    ``typing`` is off: Celery would compare the arguments with the function's own, which knows no ``_tenant``.
    """

    abstract = True
    typing = False
    acks_late = True
    reject_on_worker_lost = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        schema_name = kwargs.pop(TENANT, None)
        # The platform has a row among the tenants too, and its schema is the door.
        if not schema_name or schema_name == settings.PUBLIC_SCHEMA_NAME:
            raise WrongTenant(f"{self.name} is a tenant's task and was sent without one.")
        with door():
            tenant: Any = apps.get_model("tenants", "Tenant")._default_manager.filter(schema_name=schema_name).first()
        if tenant is None or not tenant.is_open:
            return None
        with inside(tenant, request_id=self.request.id or ""):
            return super().__call__(*args, **kwargs)

    def later(self, *args: Any, **kwargs: Any) -> None:
        """Sends the task for the tenant we are in, after the transaction we are in."""
        self.later_for(current_tenant().schema_name, *args, **kwargs)

    def later_for(self, schema_name: str, *args: Any, **kwargs: Any) -> None:

        def send() -> None:
            self.apply_async(args=args, kwargs={**kwargs, TENANT: schema_name})

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


def tenant_task(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorator: ``@tenant_task()``; call the task with ``.later(…)``."""
    return shared_task(base=TenantTask, **options)  # type: ignore[no-any-return]


def platform_task(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorator: ``@platform_task()``."""
    return shared_task(base=PlatformTask, **options)  # type: ignore[no-any-return]


def for_each_tenant(task: Any, kinds: set[str]) -> int:
    """Sends ``task`` once for every open tenant of ``kinds``; returns how many. The scheduler's dispatcher."""
    with door():
        names = list(
            apps.get_model("tenants", "Tenant")
            ._default_manager.filter(kind__in=kinds, state="ready")
            .values_list("schema_name", flat=True)
        )
    for name in names:
        task.later_for(name)
    return len(names)

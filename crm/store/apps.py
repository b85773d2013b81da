from typing import Any
from zoneinfo import ZoneInfo

from django.apps import AppConfig
from django.utils import timezone


class StoreConfig(AppConfig):
    name = "crm.store"
    label = "store"

    def ready(self) -> None:
        from tenants.signals import tenant_opened

        tenant_opened.connect(open_new_dealer)


def open_new_dealer(tenant: Any, **kwargs: Any) -> None:
    """A new dealership works by the default standard from its first day; its manager may change that."""
    from crm.store.actions import open_store
    from sanfang.tenancy.context import inside

    if tenant.kind == "dealer":
        now = timezone.now()
        with inside(tenant):
            open_store(go_live=now.astimezone(ZoneInfo(tenant.time_zone)).date(), now=now)

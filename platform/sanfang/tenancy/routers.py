from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections

from sanfang.tenancy.binding import require_rows
from sanfang.tenancy.context import current_schema


class PlacementRouter:
    """Says which app's tables live in which schema: by the kind of the tenant the connection is in.

    Migrations run on the provisioner's connection, so (unlike the stock router) it isn't bound to one alias.

    Django also asks a router, and names the row, before it follows a relation from it, assigns it, saves, deletes
    or reads it again: a row of another tenant is refused there.
    """

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        connection: Any = connections[db]
        if connection.schema_name == settings.PUBLIC_SCHEMA_NAME:
            kind = "public"
        else:
            kind = connection.tenant.get_tenant_type()
        return apps.get_app_config(app_label).name in settings.TENANT_TYPES[kind]["APPS"]

    def db_for_read(self, model: Any, instance: Any = None, **hints: Any) -> None:
        require_rows([instance], current_schema())

    def db_for_write(self, model: Any, instance: Any = None, **hints: Any) -> None:
        require_rows([instance], current_schema())

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> None:
        require_rows([one, other], current_schema())

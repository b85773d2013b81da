from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections


class PlacementRouter:
    """Says which app's tables live in which schema: by the kind of the tenant the connection is in.

    Migrations run on the provisioner's connection, so (unlike the stock router) it isn't bound to one alias.
    """

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        connection: Any = connections[db]
        if connection.schema_name == settings.PUBLIC_SCHEMA_NAME:
            kind = "public"
        else:
            kind = connection.tenant.get_tenant_type()
        return apps.get_app_config(app_label).name in settings.TENANT_TYPES[kind]["APPS"]

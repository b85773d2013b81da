from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sanfang.tenancy.context import door
from tenants.models import PooledSchema, State, Tenant
from tenants.provisioning import (
    TENANT_KINDS,
    ensure_public_tenant,
    ensure_template,
    migrate_public,
    migrate_schema,
    refill,
)


class Command(BaseCommand):
    """Brings the public schema, the templates, the pool and every tenant to the code's migrations."""

    help = "Migrates the public schema and then every tenant's, shows each, and refills the pool of ready schemas."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-pool", action="store_true", help="don't make schemas ahead")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("public")
        migrate_public(verbosity=0)
        ensure_public_tenant()
        for kind in TENANT_KINDS:
            self.stdout.write(f"template {kind}")
            ensure_template(kind)
        with door():
            pooled = list(PooledSchema.objects.filter(ready=True).values_list("schema_name", "kind", "kind"))
            live = list(
                Tenant.objects.exclude(kind="public")
                .exclude(state=State.GONE)
                .values_list("schema_name", "kind", "slug")
            )
        for schema_name, kind, label in [*live, *pooled]:
            self.stdout.write(f"{label} ({schema_name})")
            migrate_schema(schema_name, kind, verbosity=0)
        if not options["no_pool"]:
            for kind in TENANT_KINDS:
                made = refill(kind)
                if made:
                    self.stdout.write(f"pool: {made} × {kind}")

from typing import Any

from django.db import migrations


def track(*tables: str) -> migrations.RunSQL:
    """Migration operation: from now on every insert, update and delete in ``tables`` goes into the history.

    Statement-level triggers, so bulk updates and COPY are seen and cost little (tenancy lab §9).
    """
    statements: list[Any] = []
    for table in tables:
        for verb, seen in (
            ("INSERT", "NEW TABLE AS fresh"),
            ("UPDATE", "OLD TABLE AS stale NEW TABLE AS fresh"),
            ("DELETE", "OLD TABLE AS stale"),
        ):
            statements.append(
                f"CREATE TRIGGER history_{verb.lower()} AFTER {verb} ON {table} REFERENCING {seen} "
                "FOR EACH STATEMENT EXECUTE FUNCTION public.sanfang_record_history()"
            )
    return migrations.RunSQL(statements, migrations.RunSQL.noop)


BOOKS = ("audit_history", "audit_access", "audit_event")
"""What a tenant's role may write into and read, and never change: only the owner erases what the law wants gone."""

# The role of a schema has its name. A template has none, and a dump carries no rights: what is replayed from it
# gets these statements afterwards (tenants.provisioning.replay).
APPEND_ONLY = """
DO $do$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = current_schema()) THEN
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON {tables} FROM %I', current_schema());
    END IF;
END
$do$
""".replace("{tables}", ", ".join(BOOKS))


def append_only() -> migrations.RunSQL:
    """Migration operation: the books can no longer be changed in the schema it runs in."""
    return migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop)

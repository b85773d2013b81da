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

"""Migration operations for what Django has no words for: grants, row-level security, SQL functions.

They are plain ``RunSQL`` so that they can be collected as text and replayed into other schemas.
"""

from django.db import migrations


def protect(table: str, visible: str) -> migrations.RunSQL:
    """Forces row-level security on a public table with tenants' rows.

    The door and the owner see all rows; a tenant's role sees (and only reads) those for which ``visible``,
    an SQL condition that may use ``current_user``, holds.
    """
    return migrations.RunSQL(
        [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY door ON {table} TO sanfang_door, sanfang_owner USING (true) WITH CHECK (true)",
            f"CREATE POLICY tenant ON {table} FOR SELECT TO sanfang_tenant USING ({visible})",
            f"GRANT SELECT ON {table} TO sanfang_tenant",
        ],
        migrations.RunSQL.noop,
    )

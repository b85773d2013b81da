"""Where work waits: asked of all schemas at once, as the owner, before the scheduler sends anybody a task.

A task for each of a thousand stores and every minute, to find that there is nothing to do, would keep the workers busy
with nothing else.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connections


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows of ``table`` (its name in every tenant's schema) for which the SQL ``condition`` holds."""

    table: str
    condition: str

    def among(self, schemas: list[str]) -> list[str]:
        """Those of ``schemas`` that have such rows. One round trip."""
        connection: Any = connections["provisioner"]
        connection.set_schema_to_public()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT public.sanfang_schemas_where(%s, %s, %s)", [schemas, self.table, self.condition])
                return [row[0] for row in cursor.fetchall()]
        finally:
            # It has touched every schema there is, and remembers each.
            connection.close()

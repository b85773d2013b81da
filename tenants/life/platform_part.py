"""What the platform holds of a tenant besides its schema, for its export: ``platform_part.yaml`` says what and how."""

from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql

from tenants.life.archives import Archive
from tenants.life.cells import write_rows
from tenants.models import Tenant


@cache
def parts() -> dict[str, dict[str, str]]:
    """Name → what it is in both languages, and its query for ``%(schema)s``."""
    found: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return found


def write_platform_part(raw: psycopg.Connection[Any], tenant: Tenant, archive: Archive) -> dict[str, dict[str, Any]]:
    """Each part as CSV and JSON lines, out of the same moment as the rest; what the manifest says of them."""
    about: dict[str, Any] = {"schema": tenant.schema_name}
    found = {}
    for name, part in parts().items():
        source = sql.SQL("({})").format(sql.SQL(part["query"]))
        cursor = raw.execute(sql.SQL("SELECT * FROM {} t LIMIT 0").format(source), about)
        columns = [column.name for column in cursor.description or ()]
        members = (f"platform/{name}.csv", f"platform/{name}.jsonl")
        rows = write_rows(raw, archive, members, source, dict.fromkeys(columns, False), about)
        found[name] = {"zh": part["zh"], "en": part["en"], "rows": rows, "columns": columns}
    return found

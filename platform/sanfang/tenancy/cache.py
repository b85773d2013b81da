from django.db import connection


def tenant_key(key: str, key_prefix: str, version: int) -> str:
    """Every key of the default cache carries the schema it was written in."""
    return f"{connection.schema_name}:{key_prefix}:{version}:{key}"  # type: ignore[attr-defined]

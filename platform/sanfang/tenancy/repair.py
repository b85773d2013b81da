"""A tenant whose last migration failed is read-only until it is made good (ADR 0013, ``Tenant.behind``).

The database refuses what would write there (``backend/base.py``), and code that is ahead of the schema finds columns
missing. Both are the tenant's state and nobody's fault.
"""

from typing import Any

READ_ONLY = "25006"
MISSING = frozenset(["42703", "42P01"])
"""A column or a table that isn't there yet."""


class UnderRepair(Exception):
    """The tenant can't do this until it has been made good (503)."""


def is_because_of_repair(tenant: Any, error: BaseException) -> bool:
    """Whether ``error`` came about because ``tenant`` is read-only and may lack a migration."""
    state = getattr(error.__cause__, "sqlstate", None)
    return bool(getattr(tenant, "behind", "")) and (state == READ_ONLY or state in MISSING)

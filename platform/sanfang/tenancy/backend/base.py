"""A connection is always in exactly one *place*: at the door, or inside one tenant.

A place is a database role and a search path; both are set by one statement, together with the statement
timeout (PostgreSQL doesn't apply a role's own settings on ``SET ROLE``), what the history triggers write
down, and whether the tenant may be written to at all (``tenancy/repair.py``). The statement runs when the
first cursor is needed after the place has changed, and again after every rollback, because a rollback takes
settings back too.

Unlike the stock backend nothing is swallowed: when the role can't be entered the error is raised, so a
query never runs with the previous tenant's rights (tenancy lab §9). Only an already failed transaction is
let through, since PostgreSQL then refuses everything but a rollback by itself.

A connection remembers about 2.5 MB of every schema it has touched for as long as it lives (tenancy lab §6). So it
is given up after ``SCHEMAS_PER_CONNECTION`` of them, where Django gives up old connections: between requests and
between tasks, never within one.
"""

from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql.operations import DatabaseOperations
from django_tenants.postgresql_backend import base

from sanfang.tenancy import start

DOOR_ROLE = "sanfang_door"
OWNER_ROLE = "sanfang_owner"

ENTER = (
    "SELECT set_config('role', %s, false), set_config('search_path', %s, false), "
    "set_config('statement_timeout', %s, false), set_config('sanfang.actor', %s, false), "
    "set_config('sanfang.request', %s, false), set_config('default_transaction_read_only', %s, false)"
)
ENTER_READ_ONLY = f"{ENTER}, set_config('transaction_read_only', 'on', false)"
"""For a transaction that has begun before. It stays so until its end."""


class Operations(DatabaseOperations):
    compiler_module = "sanfang.tenancy.backend.compiler"


class DatabaseWrapper(base.DatabaseWrapper):
    """``settings_dict['ROLE']`` fixes the role (the provisioner's connection acts as the owner)."""

    ops_class = Operations

    actor: str = ""
    _setting_search_path: bool
    request_id: str = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._touched: set[str] = set()
        super().__init__(*args, **kwargs)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self.alias == "default":
            start.require_if_pending()
        return super().get_new_connection(conn_params)

    def close(self) -> None:
        super().close()
        self._touched.clear()

    def close_if_unusable_or_obsolete(self) -> None:
        if self.in_atomic_block:
            return
        super().close_if_unusable_or_obsolete()
        if len(self._touched) > settings.SCHEMAS_PER_CONNECTION:
            self.close()

    def set_autocommit(self, autocommit: bool, *args: Any, **kwargs: Any) -> None:
        """A transaction is read-only or not from its first statement on, so its place is entered before it begins."""
        if not autocommit and self.get_autocommit():
            self._handle_search_path()
        super().set_autocommit(autocommit, *args, **kwargs)

    def set_context(self, *, actor: str, request_id: str) -> None:
        """What the history triggers write down as who and in which request, from now on."""
        self.actor, self.request_id = actor, request_id
        self.search_path_set_schemas = None

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._setting_search_path or self.search_path_set_schemas:
            return
        if self.connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
            return
        paths = self._get_cursor_search_paths()
        self._setting_search_path = True
        own = self.connection.cursor() if cursor is None else cursor
        read_only = self.alias == "default" and bool(getattr(self.tenant, "behind", ""))
        try:
            own.execute(
                ENTER_READ_ONLY if read_only else ENTER,
                [
                    self._role(),
                    ", ".join(f'"{path}"' for path in paths),
                    str(settings.STATEMENT_TIMEOUT_MS) if self.alias == "default" else "0",
                    self.actor,
                    self.request_id,
                    "on" if read_only else "off",
                ],
            )
            # Its row isn't anybody's result: leave the cursor as it was before.
            own.fetchone()
        finally:
            self._setting_search_path = False
            if cursor is None:
                own.close()
        self.search_path_set_schemas = paths
        self._touched.add(str(self.schema_name))

    def _role(self) -> str:
        if self.alias == "provisioner":
            return OWNER_ROLE
        return DOOR_ROLE if self.schema_name == settings.PUBLIC_SCHEMA_NAME else str(self.schema_name)

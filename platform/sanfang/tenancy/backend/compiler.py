"""Django turns every query into SQL here, subqueries and unions too: where it is refused in the wrong tenant."""

from typing import Any

from django.db.backends.postgresql import compiler as postgresql

from sanfang.tenancy.binding import require_place, require_rows


class InItsPlace:
    def __init__(self, query: Any, connection: Any, *args: Any, **kwargs: Any) -> None:
        require_place(query, connection.schema_name)
        super().__init__(query, connection, *args, **kwargs)  # type: ignore[call-arg]


class SQLCompiler(InItsPlace, postgresql.SQLCompiler):
    pass


class SQLInsertCompiler(InItsPlace, postgresql.SQLInsertCompiler):
    def __init__(self, query: Any, connection: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(query, connection, *args, **kwargs)
        require_rows(query.objs, connection.schema_name)


class SQLUpdateCompiler(InItsPlace, postgresql.SQLUpdateCompiler):
    pass


class SQLDeleteCompiler(InItsPlace, postgresql.SQLDeleteCompiler):
    pass


class SQLAggregateCompiler(InItsPlace, postgresql.SQLAggregateCompiler):
    pass

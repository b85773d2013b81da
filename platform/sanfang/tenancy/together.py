"""Several querysets in one statement: what a page reads of many tables, it waits for once.

Every row comes as an array of texts, because rows of different tables have different columns; each column's field
says what the text stands for. The querysets stay Django's own: select_related, annotations and guards work as ever.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

Load = Callable[[str], Any]
AS_IT_IS: Load = str
LOADS: dict[str, Load] = {
    "BooleanField": lambda text: text == "true",
    "CharField": AS_IT_IS,
    "DateField": date.fromisoformat,
    "DateTimeField": datetime.fromisoformat,
    "DecimalField": Decimal,
    "IntegerField": int,
    "BigIntegerField": int,
    "PositiveIntegerField": int,
    "PositiveSmallIntegerField": int,
    "BigAutoField": int,
    "JSONField": AS_IT_IS,  # the field itself reads the text
    "TextField": AS_IT_IS,
    "UUIDField": UUID,
    "BinaryField": lambda text: bytes.fromhex(text.removeprefix("\\x")),
    "GenericIPAddressField": AS_IT_IS,
}
"""By the field's internal type. A type that isn't here is a KeyError in the first test, never a wrong value."""


def together(*querysets: QuerySet[Any]) -> list[list[Any]]:
    """The rows of each queryset, in its order. One statement.

    Made inside a tenant, the querysets run there only; sliced and ordered ones are welcome, ``values()`` isn't.
    """
    branches, params, compilers = [], [], []
    for place, queryset in enumerate(querysets):
        compiler = queryset.query.get_compiler(connection=connection)
        sql, its_params = compiler.as_sql()
        columns = [f"c{number}" for number in range(len(compiler.select))]
        texts = ", ".join(f"{column}::text" for column in columns)
        branches.append(
            f"SELECT {place} AS which, row_number() OVER () AS place, ARRAY[{texts}] AS texts "  # noqa: S608
            f"FROM ({sql}) AS told ({', '.join(columns)})"
        )
        params.extend(its_params)
        compilers.append(compiler)
    rows: list[list[tuple[Any, ...]]] = [[] for _one in querysets]
    loads = [[LOADS[column[0].output_field.get_internal_type()] for column in one.select] for one in compilers]
    with connection.cursor() as cursor:
        cursor.execute(f"{' UNION ALL '.join(branches)} ORDER BY which, place", params)
        for which, _place, texts in cursor.fetchall():
            rows[which].append(
                tuple(None if text is None else load(text) for load, text in zip(loads[which], texts, strict=True))
            )
    return [_filled(*one) for one in zip(querysets, compilers, rows, strict=True)]


def _filled(queryset: QuerySet[Any], compiler: Any, rows: list[tuple[Any, ...]]) -> list[Any]:
    """The queryset's objects, made of rows that have been read already."""
    copy: Any = queryset.all()
    compiler.execute_sql = lambda *args, **kwargs: [rows]
    copy.query.get_compiler = lambda *args, **kwargs: compiler
    return list(copy)

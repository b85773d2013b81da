"""Arrays in PostgreSQL's own notation: a batch's values in one parameter, without an adapter asked for each."""

from collections.abc import Iterable

ESCAPED = str.maketrans({'"': '\\"', "\\": "\\\\"})


def array(values: Iterable[str | None]) -> str:
    """An array literal of values that need no quotes, or have them; None is NULL."""
    return "{" + ",".join("NULL" if value is None else value for value in values) + "}"


def quoted(value: str) -> str:
    """For texts in which anything may stand: a VIN is as its file has it."""
    return f'"{value.translate(ESCAPED)}"'

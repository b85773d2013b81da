"""One line of a benchmark's table, and the table."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    what: str
    ours: str
    goal: str
    reference: str
    good: bool


def table(figures: Sequence[Figure]) -> str:
    """The figures as Markdown; what misses its goal is marked."""
    rows = [
        f"| {one.what} | {one.ours} | {one.goal} | {one.reference} | {'yes' if one.good else '**no**'} |"
        for one in figures
    ]
    return "\n".join(["| what | measured | goal | reference | |", "|---|---|---|---|---|", *rows])

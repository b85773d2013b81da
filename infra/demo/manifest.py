"""What the files of the demo network hold, as facts that a test can ask for: rows, blemishes, the stories of people."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal

Kind = Literal["deliveries", "repair_orders"]
DELIVERIES: Final = "deliveries"
REPAIR_ORDERS: Final = "repair_orders"


class Outcome(StrEnum):
    """What an importer should make of a blemish."""

    FAULT = "fault"  # the document is refused and named
    WARNING = "warning"  # the document comes in, with a remark
    CANCELLED = "cancelled"  # the document takes back what was stored under its number
    ACCEPTED = "accepted"  # the document comes in as if nothing were odd


@dataclass(frozen=True)
class Blemish:
    """Something odd that was put into a file on purpose. ``line`` is the physical line, the file's first being 1."""

    kind: str
    line: int
    document: str
    column: str
    value: str
    outcome: Outcome


@dataclass(frozen=True)
class FileFacts:
    """One file. ``encoding`` is a Python codec, empty for workbooks; ``rows`` counts data rows only.

    ``unfinished``: documents whose car had not been handed over, or was still in the shop, as the file tells it.
    ``changed`` (exports that follow another): columns that differ now, by document number.
    """

    dealer: str
    kind: Kind
    path: str
    encoding: str
    header_line: int
    rows: int
    blemishes: tuple[Blemish, ...]
    unfinished: tuple[str, ...]
    new: tuple[str, ...]
    same: tuple[str, ...] = ()
    changed: dict[str, tuple[str, ...]] | None = None

    def with_outcome(self, outcome: Outcome) -> tuple[Blemish, ...]:
        return tuple(blemish for blemish in self.blemishes if blemish.outcome == outcome)

    @property
    def faulty(self) -> int:
        """Rows to refuse."""
        return len({blemish.line for blemish in self.with_outcome(Outcome.FAULT)})


@dataclass(frozen=True)
class WrongNumber:
    """A number that looks right and rings somebody else: whoever calls it will find out."""

    kind: Kind
    document: str
    customer: str
    mobile: str
    vin: str


@dataclass(frozen=True)
class Double:
    """One person under two customer numbers. ``same_name``: the spellings differ in blanks or a title only."""

    mobile: str
    name: str
    other_name: str
    document: str
    other_document: str
    same_name: bool


@dataclass(frozen=True)
class OwnerChange:
    """A car that was sold on: ``document`` is the first order of its new owner."""

    vin: str
    old_owner: str
    new_owner: str
    document: str


@dataclass(frozen=True)
class Fleet:
    """A firm whose cars all carry one telephone number."""

    name: str
    mobile: str
    vins: tuple[str, ...]


@dataclass(frozen=True)
class Stories:
    """The people of one dealership that a demonstration can turn to."""

    dealer: str
    wrong_numbers: tuple[WrongNumber, ...]
    doubles: tuple[Double, ...]
    owner_changes: tuple[OwnerChange, ...]
    fleet: Fleet


@dataclass(frozen=True)
class Manifest:
    """``moment``: the files tell what was known then (store time)."""

    reference_date: date
    moment: datetime
    files: tuple[FileFacts, ...]
    stories: tuple[Stories, ...]

    def file(self, dealer: str, kind: Kind) -> FileFacts:
        return next(file for file in self.files if (file.dealer, file.kind) == (dealer, kind))

    def story(self, dealer: str) -> Stories:
        return next(story for story in self.stories if story.dealer == dealer)

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, default=str) + "\n"

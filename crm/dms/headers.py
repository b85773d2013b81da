"""Header texts made comparable, and how many of the known ones a row holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from .cells import BLANKS, Cell
from .fields import FIELDS, KINDS, Kind

# Marks of required fields and units that stand beside a header without belonging to it.
_MARKS = re.compile(r"[*★☆※:：\"'「」【】\[\]]|必填|必录|选填")
_BLANKS = re.compile(rf"[{re.escape(BLANKS)}]+")
_IN_BRACKETS = re.compile(r"\([^()]*\)")


@lru_cache(maxsize=8192)
def plain_header(text: str) -> str:
    """A header without width, case, blanks, line breaks, marks: what two spellings share."""
    plain = unicodedata.normalize("NFKC", text)
    return _MARKS.sub("", _BLANKS.sub("", plain)).upper()


def without_brackets(plain: str) -> str:
    """里程(KM) as 里程, 金额(元) as 金额."""
    return _IN_BRACKETS.sub("", plain)


def _names(kind: Kind) -> Mapping[str, str]:
    """Header → field; where two fields know a header the earlier place in its list wins."""
    names: dict[str, tuple[int, str]] = {}
    for field in FIELDS[kind]:
        for place, header in enumerate(field.headers):
            plain = plain_header(header)
            if plain not in names or place < names[plain][0]:
                names[plain] = (place, field.name)
    return MappingProxyType({plain: name for plain, (_place, name) in names.items()})


FIELD_OF_HEADER: Mapping[Kind, Mapping[str, str]] = {kind: _names(kind) for kind in KINDS}
_ALL_HEADERS = frozenset().union(*FIELD_OF_HEADER.values())


def field_of(kind: Kind, cell: Cell) -> str:
    """The field that a header cell names; "" if none."""
    if not isinstance(cell, str) or len(cell) > 60:
        return ""
    plain = plain_header(cell)
    names = FIELD_OF_HEADER[kind]
    return names.get(plain) or names.get(without_brackets(plain), "")


def header_words_in(row: Iterable[Cell]) -> int:
    """How many cells of a row are headers of any kind of file."""
    words = 0
    for cell in row:
        if isinstance(cell, str) and len(cell) <= 60:
            plain = plain_header(cell)
            words += plain in _ALL_HEADERS or without_brackets(plain) in _ALL_HEADERS
    return words

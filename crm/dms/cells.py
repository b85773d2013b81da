"""One cell as text: what every field does before it looks at the meaning.

A cell is text (CSV, HTML, text cells of a workbook) or what a workbook typed it as. Numbers
become the text a person sees: 13812345678.0 is a phone number, not a float.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TypeAlias

Cell: TypeAlias = str | int | float | bool | datetime | date | time | timedelta

# Blanks that exports and web pages leave around a value, the invisible ones included.
BLANKS = (
    " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b"
    "\u200c\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)

# What a DMS writes where it has nothing.
_NOTHING = frozenset({"-", "--", "---", "—", "——", "/", "\\", "NULL", "null", "None", "#N/A", "N/A"})

# A cell that a spreadsheet would take for a formula, and the mark the error file puts before it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
TEXT_MARK = "'"

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def half_width(text: str) -> str:
    """Full-width letters, digits, signs and blanks as their ordinary selves."""
    return text if text.isascii() else text.translate(_FULL_WIDTH)


def marked_as_text(text: str) -> str:
    """The text in a form that no spreadsheet takes for a formula; to `text_of` it is the same."""
    return TEXT_MARK + text if text.startswith(FORMULA_STARTS) else text


def _unmarked(text: str) -> str:
    if text[0] == TEXT_MARK and text.lstrip(TEXT_MARK).startswith(FORMULA_STARTS):
        text = text[1:]
    elif text[0] == TEXT_MARK and text[1:2].isalnum() and text.count(TEXT_MARK) == 1:
        # '0123 is how a person tells a spreadsheet to leave a number alone.
        text = text[1:]
    # ="0123" is how exports keep long numbers whole in a CSV; it says text, not formula.
    if len(text) >= 3 and text.startswith('="') and text.endswith('"') and '"' not in text[2:-1]:
        text = text[2:-1]
    return text


def text_of(cell: Cell) -> str:
    """The cell's text without blanks around it; "" for the marks that stand for nothing."""
    if type(cell) is not str:
        return _written(cell)
    text = cell
    if text and text[0] in "'=":
        text = _unmarked(text)
    text = text.strip(BLANKS)
    if text in _NOTHING:
        return ""
    return text


def _written(cell: Cell) -> str:
    if isinstance(cell, str):
        return text_of(str(cell))
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e21 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return str(cell)


def is_blank(cell: Cell) -> bool:
    return type(cell) is str and not cell.strip(BLANKS)


def on_one_line(text: str) -> str:
    """Line breaks, tabs and runs of blanks inside a text as one blank."""
    return " ".join(text.split()) if not text.isalnum() else text

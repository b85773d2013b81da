"""Mobile numbers in China: eleven digits, the first of them a 1."""

import re

MOBILE = re.compile(r"1[3-9]\d{9}")
MOBILE_IN_TEXT = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")


def is_placeholder(mobile: str) -> bool:
    """13800000000: what is typed to get past a required field, and nobody's."""
    return mobile.endswith("00000000")


def masked_mobile(number: str) -> str:
    """``138****5678``. What isn't a mobile keeps its last two digits at most; empty stays empty."""
    if MOBILE.fullmatch(number):
        return f"{number[:3]}****{number[-4:]}"
    return "*" * (len(number) - 2) + number[-2:] if len(number) > 4 else "*" * len(number)


def landline(number: str) -> str:
    """``number``, unless it is somebody's mobile: providers don't let those through in a text."""
    return "" if MOBILE_IN_TEXT.search(number) else number

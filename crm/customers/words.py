"""What somebody typed into the search box, and what it may be part of."""

import re
import unicodedata
from dataclasses import dataclass

HAN = re.compile(r"[\u3400-\u9fff]")
CODE = re.compile(r"[\u3400-\u9fff]?[0-9a-z]+")
"""Letters and digits, perhaps after the one character of a province."""
NOISE = re.compile(r"[\s·•・.()（）_—-]+")
MOBILE_DIGITS = 11
SHORTEST_TAIL = 3
SHOWN = 4
"""How many digits at the end of a mobile are shown to everybody (138****5678)."""
LONGEST = 60
"""Characters; nobody knows more of a name by heart, and a question must not cost more than an answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """``plain``: without spaces and signs, lower case, full-width signs made plain. ``typed``: only trimmed."""

    plain: str
    typed: str

    @property
    def digits(self) -> str:
        return self.plain if self.plain.isascii() and self.plain.isdigit() else ""

    @property
    def letters(self) -> str:
        """What may be pinyin initials or a Latin name."""
        return self.plain if self.plain.isascii() and self.plain.isalpha() else ""

    @property
    def code(self) -> str:
        """What may be of a plate or a VIN, in capitals as these are kept; else empty."""
        return self.plain.upper() if CODE.fullmatch(self.plain) else ""

    @property
    def has_chinese(self) -> bool:
        return HAN.search(self.plain) is not None

    @property
    def is_whole_mobile(self) -> bool:
        return len(self.digits) == MOBILE_DIGITS

    @property
    def may_be_phone_tail(self) -> bool:
        return SHORTEST_TAIL <= len(self.digits) < MOBILE_DIGITS

    @property
    def is_shown_tail(self) -> bool:
        return len(self.digits) <= SHOWN

    @property
    def too_short(self) -> bool:
        """One letter or one or two digits fit half the store."""
        return not self.has_chinese and len(self.plain) < (SHORTEST_TAIL if self.digits else 2)


def asked(text: str) -> Asked:
    text = unicodedata.normalize("NFKC", text).strip()[:LONGEST]
    return Asked(NOISE.sub("", text).lower(), text)

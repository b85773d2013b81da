"""Vehicle identification numbers: 17 characters, and what can be checked about them.

ISO 3779 gives the length and the alphabet (no I, O, Q). Position 9 is a check digit where the
maker's country uses one: China (GB 16735: L…), the USA, Canada and Mexico (49 CFR 565: 1 to 5).
Those two also keep I, O, Q, U, Z and 0 out of the model-year code in position 10 and want
digits in the last four places. Elsewhere position 9 means whatever the maker likes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import mul

from django.utils.translation import gettext as _

from .errors import BadValue

LENGTH = 17
CHECK_POSITION = 8  # from 0
YEAR_POSITION = 9

_WELL_FORMED = re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.ASCII)
_CHECKED_MAKERS = frozenset("L12345")
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_REMAINDERS = "0123456789X"
_NOT_A_YEAR = frozenset("UZ0")

# Letter → value: A–H 1–8, J–N 1–5, P 7, R 9, S–Z 2–9.
_VALUES = bytes.maketrans(
    b"0123456789ABCDEFGHJKLMNPRSTUVWXYZ",
    bytes([*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)]),
)


def check_digit(vin: str) -> str:
    """The digit (or X) that position 9 must hold; whatever stands there now has no weight."""
    total = sum(map(mul, vin.encode("ascii").translate(_VALUES), _WEIGHTS))
    return _REMAINDERS[total % 11]


def uses_check_digit(vin: str) -> bool:
    return vin[:1] in _CHECKED_MAKERS


def parse_vin(text: str, note: Callable[[str], None]) -> str:
    """The VIN in upper case; nothing but blanks around it and lower case is repaired."""
    # Only ASCII has an upper case that keeps the length ("ß" would become two letters).
    vin = text.upper() if text.isascii() else text
    if not _WELL_FORMED.fullmatch(vin):
        raise BadValue(_why_malformed(vin))
    expected = check_digit(vin)
    if vin[CHECK_POSITION] != expected:
        if uses_check_digit(vin):
            raise BadValue(
                _(
                    "VIN“%(vin)s”的校验位（第9位）是 %(found)s，按其余各位应为 %(expected)s："
                    "至少有一位录错，请对照行驶证或车架更正"
                )
                % {"vin": vin, "found": vin[CHECK_POSITION], "expected": expected}
            )
        note(_("VIN“%(vin)s”的第9位不符合校验规则；该国厂家不一定使用校验位，已照原样导入，请留意核对") % {"vin": vin})
    if uses_check_digit(vin):
        _note_oddities(vin, note)
    return vin


def _note_oddities(vin: str, note: Callable[[str], None]) -> None:
    if vin[YEAR_POSITION] in _NOT_A_YEAR:
        note(
            _("VIN“%(vin)s”的第10位 %(found)s 不是年份代码，已照原样导入，请核对")
            % {"vin": vin, "found": vin[YEAR_POSITION]}
        )
    if not vin[-4:].isdigit():
        note(_("VIN“%(vin)s”的末四位通常是数字，已照原样导入，请核对") % {"vin": vin})
    if vin == vin[0] * LENGTH:
        note(_("VIN“%(vin)s”每一位都相同，像是占位号码，请核对") % {"vin": vin})


def _why_malformed(vin: str) -> str:
    shown = {"vin": vin, "length": len(vin)}
    forbidden = sorted(set(vin) & set("IOQ"))
    odd = sorted({sign for sign in vin if not (sign.isascii() and sign.isalnum())})
    if odd:
        if any(sign.isspace() for sign in odd):
            return _("VIN“%(vin)s”中间有空格或换行，请删去后核对是否满17位") % shown
        return _("VIN“%(vin)s”含有不允许的字符 %(signs)s，只能用半角大写字母和数字") % {
            **shown,
            "signs": " ".join(odd),
        }
    if len(vin) != LENGTH:
        if len(vin) == 8:
            return _("VIN“%(vin)s”只有后8位，请填写完整的17位VIN") % shown
        return _("VIN“%(vin)s”有 %(length)d 位，应为17位，请填写完整的VIN") % shown
    return _("VIN“%(vin)s”含有字母 %(letters)s：VIN不使用 I、O、Q，多为数字 1、0 之误，请对照行驶证更正") % {
        **shown,
        "letters": "、".join(forbidden),
    }

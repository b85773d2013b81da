"""Numbers, money, yes/no and gender out of cells."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from .cells import half_width
from .errors import BadValue

Note = Callable[[str], None]

# Dashboards show at most 999,999; all nines is what people type to get past a required field.
HIGHEST_READING_KM = 999_998
_CENT = Decimal("0.01")
_MOST_MONEY = Decimal(10000000000)

_NUMBER = re.compile(
    r"(?P<sign>[-+])?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)(?P<wan>万|[Ww])?",
    re.ASCII,
)
_PLAIN_MONEY = re.compile(r"\d{1,9}(?:\.\d{1,2})?", re.ASCII)
_KM = re.compile(r"(?:公里|千米|[Kk][Mm]|里程)$")
_MONEY_SIGNS = re.compile(r"^(?:[¥￥]|RMB|CNY|人民币)\s*|\s*(?:元整?|圆|RMB|CNY)$", re.IGNORECASE)

_NO_READING = frozenset({"无", "不详", "未知", "未抄", "未读", "不显示", "?"})
_ANSWERS = {
    **dict.fromkeys(("是", "Y", "YES", "TRUE", "T", "1", "有", "√", "已", "10041001"), True),
    **dict.fromkeys(("否", "N", "NO", "FALSE", "F", "0", "无", "×", "X", "未", "10041002", "非"), False),
}


def _number(text: str) -> Decimal | None:
    """A number with thousands separators and perhaps 万, exactly; None where it isn't one."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    try:
        number = Decimal(match["digits"].replace(",", ""))
    except InvalidOperation:  # pragma: no cover - the pattern leaves no such text
        return None
    if match["wan"]:
        number *= 10_000
    return -number if match["sign"] == "-" else number


def parse_mileage(text: str, note: Note) -> int | None:
    """Whole kilometres. 0 and 999999 are what a form gets when nobody read the dashboard."""
    if text.isascii() and text.isdigit() and len(text) <= 6 and 0 < int(text) <= HIGHEST_READING_KM:
        return int(text)
    plain = half_width(text).replace(" ", "")
    if plain in _NO_READING:
        return None
    number = _number(_KM.sub("", plain))
    if number is None:
        raise BadValue(_("里程“%(value)s”不是数字，请填写公里数") % {"value": text})
    if number < 0:
        raise BadValue(_("里程“%(value)s”不能是负数，请更正") % {"value": text})
    if number == 0:
        note(_("里程为 0，按未抄表处理"))
        return None
    if number > HIGHEST_READING_KM:
        note(_("里程“%(value)s”不可能，按未抄表处理，请核对") % {"value": text})
        return None
    return int(number)


def parse_money(text: str) -> Decimal | None:
    """An amount in yuan to the cent; accountants' (100.00) and 红字 minus signs are negative."""
    if _PLAIN_MONEY.fullmatch(text):
        return Decimal(text).quantize(_CENT)
    plain = half_width(text).replace(" ", "")
    negative = plain.startswith("(") and plain.endswith(")")
    if negative:
        plain = plain[1:-1]
    plain = plain.replace("−", "-")
    sign = ""
    if plain[:1] in "+-" and plain[1:2] in ("¥", "￥"):
        sign, plain = plain[0], plain[1:]
    plain = sign + _MONEY_SIGNS.sub("", plain)
    number = _number(plain)
    if number is None:
        raise BadValue(_("金额“%(value)s”不是数字，请更正") % {"value": text})
    if abs(number) >= _MOST_MONEY:
        raise BadValue(_("金额“%(value)s”过大，请更正") % {"value": text})
    return (-number if negative else number).quantize(_CENT)


def parse_yes_no(text: str) -> bool | None:
    """True, False, or None for words that are neither."""
    answer = _ANSWERS.get(text)
    return answer if answer is not None else _ANSWERS.get(half_width(text).upper())


# Words, the codes of GB/T 2261.1, and the dictionary codes of a common DMS.
_GENDERS = {
    **dict.fromkeys(("男", "男性", "先生", "M", "MALE"), "male"),
    **dict.fromkeys(("女", "女性", "女士", "小姐", "F", "FEMALE"), "female"),
    **dict.fromkeys(("未知", "不详", "保密", "未说明", "无", "企业", "单位"), ""),
}
_GENDER_CODES = {
    **dict.fromkeys(("1", "10061001"), "male"),
    **dict.fromkeys(("2", "10061002"), "female"),
    **dict.fromkeys(("0", "9"), ""),
}


def parse_gender(text: str, note: Note) -> str:
    """ "male", "female" or "" – never a fault: nobody is called differently for a code."""
    word = half_width(text).upper()
    if word in _GENDERS:
        return _GENDERS[word]
    if word in _GENDER_CODES:
        return _GENDER_CODES[word]
    note(_("性别“%(value)s”无法识别，按未填处理") % {"value": text})
    return ""

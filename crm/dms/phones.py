"""Phone numbers: mobiles that can be called and messaged, landlines, and what is neither."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from sanfang.messaging.numbers import is_placeholder

from .cells import half_width
from .errors import BadValue

MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
# With its area code, a local number alone, or a 400/800 service number.
_LANDLINE = re.compile(r"(?P<area>010|02\d|0[3-9]\d{2})(?P<number>[1-9]\d{6,7})|[2-9]\d{6,7}|[48]00\d{7}", re.ASCII)
_EXTENSION = re.compile(r"(?:-|转|[Ee][Xx][Tt]\.?|#)\s*(?P<extension>\d{1,6})", re.ASCII)
# In front only: 028-20008638 has the same digits within.
_COUNTRY = re.compile(r"\A(?:\(?(?:\+|00)86\)?[-\s]*|86[-\s]*(?=1[3-9][\d\s-]{9,}$))", re.ASCII)
_WITHIN = re.compile(r"[\s\-‐‑‒–—·.()]+")
_BETWEEN = re.compile(r"[/,、;|\\\n]+|\s+或\s*|或|和")
_ROUNDED = re.compile(r"\d(?:\.\d+)?[Ee]\+?\d{1,2}", re.ASCII)
_MASKED = re.compile(r"\d+[*xX×＊•]{2,}\d*|\d+[*＊]+\d+")
_NO_PHONE = frozenset({"无", "没有", "不详", "未知", "未留", "保密", "拒留", "暂无", "0"})


@dataclass(frozen=True, slots=True)
class Phones:
    """What a cell gave: the mobile to call, and beside it a landline or a second mobile."""

    mobile: str = ""
    landline: str = ""


NO_PHONES = Phones()


def _looks_typed(mobile: str) -> bool:
    """13888888888 is typed like that too, but people pay for such numbers: it is imported, with a warning."""
    return mobile[3:] == mobile[3] * 8


def parse_mobile_cell(text: str, note: Callable[[str], None]) -> Phones:
    """A cell of a mobile column.

    Two numbers in one cell: the first mobile is the one to call, the other number is kept beside
    it with a warning. One that is no number among them is a fault.
    """
    if len(text) == 11 and MOBILE.fullmatch(text) and not _looks_typed(text):
        return Phones(mobile=text)
    plain = half_width(text).strip()
    if plain in _NO_PHONE:
        return NO_PHONES
    whole = _one_number(plain)
    if whole is not None:
        return _checked(whole, text, note)
    parts = [part.strip() for part in _BETWEEN.split(plain) if part.strip(" -")]
    if len(parts) == 1:
        parts = plain.split()
    if len(parts) > 1:
        return _several(parts, text, note)
    raise BadValue(_why_not(plain, text))


def parse_landline_cell(text: str, note: Callable[[str], None]) -> Phones:
    """A cell of a phone column: a mobile written there counts as one; nothing here is a fault."""
    plain = half_width(text).strip()
    if plain in _NO_PHONE:
        return NO_PHONES
    try:
        return parse_mobile_cell(text, note)
    except BadValue:
        note(_("电话“%(value)s”不像电话号码，已照原样保留，请核对") % {"value": text})
        return Phones(landline=" ".join(text.split()))


def _one_number(plain: str) -> Phones | None:
    """The one number that the text is, after harmless normalisation; None if it isn't one."""
    if plain.endswith(".0") and plain[:-2].isdigit():
        plain = plain[:-2]
    plain = _COUNTRY.sub("", plain, count=1) if plain[:1] in "(+08" else plain
    joined = _WITHIN.sub("", plain)
    if MOBILE.fullmatch(joined):
        return Phones(mobile=joined)
    # A mobile dialled from another city gets a 0 in front.
    if joined[:1] == "0" and MOBILE.fullmatch(joined[1:]):
        return Phones(mobile=joined[1:])
    landline = _landline(plain)
    return Phones(landline=landline) if landline else None


def _landline(plain: str) -> str:
    """Area code, number and extension joined by hyphens; "" if the text is no landline."""
    match = _LANDLINE.fullmatch(_WITHIN.sub("", plain))
    extension = ""
    if match is None:
        for cut in _EXTENSION.finditer(plain):
            match = _LANDLINE.fullmatch(_WITHIN.sub("", plain[: cut.start()]))
            if match and cut.end() == len(plain):
                extension = "-" + cut["extension"]
                break
            match = None
    if match is None:
        return ""
    number = f"{match['area']}-{match['number']}" if match["area"] else match[0]
    return number + extension


def _checked(phones: Phones, text: str, note: Callable[[str], None]) -> Phones:
    if phones.mobile and is_placeholder(phones.mobile):
        raise BadValue(_("手机“%(value)s”是占位号码，不是客户的号码，请向客户核实后填写，没有就留空") % {"value": text})
    if phones.mobile and _looks_typed(phones.mobile):
        note(_("手机“%(value)s”后八位都相同，像是占位号码，已照原样导入，请核对") % {"value": text})
    return phones


def _several(parts: list[str], text: str, note: Callable[[str], None]) -> Phones:
    mobiles: list[str] = []
    landlines: list[str] = []
    for part in parts:
        one = _one_number(part)
        if one is None:
            raise BadValue(_why_not(part, text))
        _checked(one, part, note)
        mobiles += [one.mobile] if one.mobile and one.mobile not in mobiles else []
        landlines += [one.landline] if one.landline and one.landline not in landlines else []
    others = [*landlines, *mobiles[1:]]
    kept = Phones(mobiles[0] if mobiles else "", others[0] if others else "")
    note(
        _("一格内有多个号码“%(value)s”，回访用 %(kept)s，请核对")
        % {"value": text, "kept": kept.mobile or kept.landline}
    )
    return kept


def _why_not(part: str, text: str) -> str:
    shown = {"value": text}
    if _ROUNDED.fullmatch(part):
        return _("手机“%(value)s”是表格软件的科学计数法，末几位已丢失：请把该列设为文本后重新导出") % shown
    if _MASKED.search(part):
        return _("手机“%(value)s”被隐去了几位，无法拨打，请导出完整号码") % shown
    digits = _WITHIN.sub("", part)
    if digits.isascii() and digits.isdigit():
        if len(digits) == 11:
            return _("手机“%(value)s”不是有效的手机号段（应以 13–19 开头），请更正") % shown
        return _("手机“%(value)s”有 %(length)d 位，手机号应为11位，请更正") % {**shown, "length": len(digits)}
    return _("手机“%(value)s”不是电话号码，请更正，没有就留空") % shown

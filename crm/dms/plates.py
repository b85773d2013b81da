"""Licence plates: 7 characters, 8 on new-energy cars, or none yet."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.utils.translation import gettext as _

from .cells import half_width

_NO_PLATE = frozenset(
    {
        "无",
        "无牌",
        "无牌照",
        "无车牌",
        "未上牌",
        "未上户",
        "没有",
        "临牌",
        "临时牌照",
        "临时牌",
        "临时",
        "新车",
        "新车未上牌",
        "待上牌",
        "待上户",
        "暂无",
        "商品车",
        "0",
    }
)
# Dots, blanks and hyphens people put after the province and city letters.
_SEPARATORS = re.compile(r"[\s·•・‧∙●\.\-_—]+")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# The serial may carry up to two letters, never I or O; taxi, coach, police, Hong Kong and Macao
# plates end in a Chinese character. New-energy plates: small cars begin with a letter
# (D, F and, since they ran out, A–C, E, G–K), large ones end with D or F.
_ORDINARY = re.compile(rf"[{_PROVINCES}][A-Z][A-HJ-NP-Z0-9]{{4}}[A-HJ-NP-Z0-9挂学警港澳使领试超]")
_NEW_ENERGY = re.compile(rf"[{_PROVINCES}][A-Z](?:[A-HJK][A-HJ-NP-Z0-9][0-9]{{4}}|[0-9]{{5}}[DF])")
_EMBASSY = re.compile(r"使?[0-9]{6}使?|[A-Z0-9]{6}[使领]")


def parse_plate(text: str, note: Callable[[str], None]) -> str:
    """The plate without separators, in upper case; "" for a car that has none yet."""
    if _ORDINARY.fullmatch(text):
        return text
    plate = _SEPARATORS.sub("", half_width(text)).upper()
    if plate in _NO_PLATE or plate.startswith(("临时", "未上")):
        return ""
    if _ORDINARY.fullmatch(plate) or _NEW_ENERGY.fullmatch(plate) or _EMBASSY.fullmatch(plate):
        return plate
    note(_("车牌“%(plate)s”不像车牌号，已照原样导入，请核对") % {"plate": text})
    return plate

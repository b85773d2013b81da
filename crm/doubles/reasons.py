"""Why two customers may be one, in words; the strongest first."""

from typing import Any

from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Any] = {
    "name_mobile": _("姓名相同，手机只差一位或相邻两位颠倒"),
    "mobile_alike": _("手机相同，姓名读音相近"),
    "mobile_part": _("手机相同，一个姓名包含在另一个里"),
    "number_alike": _("客户编号相同，姓名读音相近"),
    "car_alike": _("同一辆车前后两位车主，姓名读音相近"),
    "name_plate": _("姓名相同，两辆车的车牌号相同"),
    "name_vin": _("姓名相同，两辆车的 VIN 后六位相同"),
    "name_landline": _("姓名相同，固定电话相同"),
    "name_address": _("姓名相同，地址相同"),
}
"""A pair is shown with all that hold."""

"""Names of people and companies as DMS files carry them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _

from .cells import half_width

_COMPANY_ENDINGS = (
    "公司",
    "集团",
    "企业",
    "厂",
    "商行",
    "商店",
    "商场",
    "超市",
    "酒店",
    "饭店",
    "宾馆",
    "医院",
    "卫生院",
    "学校",
    "大学",
    "学院",
    "中学",
    "小学",
    "幼儿园",
    "银行",
    "支行",
    "分行",
    "中心",
    "协会",
    "学会",
    "合作社",
    "工作室",
    "事务所",
    "研究所",
    "研究院",
    "设计院",
    "管理局",
    "公安局",
    "税务局",
    "局",
    "委员会",
    "居委会",
    "村委会",
    "政府",
    "办事处",
    "街道办",
    "经营部",
    "服务部",
    "门市部",
    "营业部",
    "租赁行",
    "车行",
    "车队",
    "基金会",
    "法院",
    "检察院",
    "4S店",
    "4s店",
    "分店",
    "门店",
    "汽修厂",
    "修理厂",
)
_COMPANY_PARTS = ("有限公司", "有限责任", "股份", "(集团)", "分公司")
_COMPANY_KINDS = ("单位", "企业", "公司", "机构", "法人", "团体", "公户", "对公", "政府", "集团", "租赁")
_PERSON_KINDS = ("个人", "私人", "自然人", "私户")

_FORMS = {
    **dict.fromkeys(("先生", "男士", "大哥", "哥"), "male"),
    **dict.fromkeys(("女士", "小姐", "太太", "姐", "大姐", "阿姨"), "female"),
    **dict.fromkeys(
        ("总", "老师", "老板", "经理", "师傅", "同志", "医生", "主任", "局长", "处长", "校长", "教授", "律师"), ""
    ),
}
_SURNAME_AND_FORM = re.compile(
    r"(?P<surname>(?:欧阳|司马|上官|诸葛|司徒|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|端木|南宫|长孙|独孤|[\u3400-\u9fff]))"
    rf"(?P<form>{'|'.join(sorted(_FORMS, key=len, reverse=True))})"
)
# What still says who is meant after a full name: 张三先生.
_NAME_AND_FORM = re.compile(r"(?P<name>[\u3400-\u9fff]{2,4})(?P<form>先生|女士|小姐)")
_TWO_NAMES = re.compile(r"(?P<name>[^()]+)\((?P<other>[^()]+)\)")
_BETWEEN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
_UNKNOWN = frozenset({"无", "无名", "未知", "不详", "测试", "客户", "车主", "先生", "女士", "匿名"})


@dataclass(frozen=True, slots=True)
class Name:
    """A customer's name; `form` is the form of address it came with, `gender` what that says."""

    text: str = ""
    form: str = ""
    gender: str = ""
    company: bool = False


NO_NAME = Name()


def tidy_name(text: str) -> str:
    """Ordinary width, no blanks between Chinese characters (张　三 is set out to three widths)."""
    if text.isalpha():
        return text
    return _BETWEEN_CHINESE.sub("", " ".join(half_width(text).split()))


def parse_name(text: str, customer_kind: str, note: Callable[[str], None]) -> Name:
    """The name as it can be called; `customer_kind` is the file's own 客户类型/车主性质."""
    name = tidy_name(text)
    if name in _UNKNOWN:
        note(_("姓名“%(value)s”不是真实姓名，请向客户核实") % {"value": text})
        return NO_NAME
    said = _kind_says_company(customer_kind)
    if said or (said is None and _looks_like_company(name)):
        return Name(name, company=True)
    if len(name) <= 3 and not name.endswith(_SHORT_FORMS) and "(" not in name:
        return Name(name)
    if match := _SURNAME_AND_FORM.fullmatch(name):
        form = match["form"]
        note(_("姓名“%(value)s”只有姓氏和称呼，请向客户核实全名") % {"value": name})
        return Name(name, form, _FORMS[form])
    if match := _NAME_AND_FORM.fullmatch(name):
        return Name(match["name"], match["form"], _FORMS[match["form"]])
    if _TWO_NAMES.fullmatch(name):
        note(_("姓名“%(value)s”带有括号内的另一名字，已照原样导入，请核对车主是谁") % {"value": name})
    elif name.replace(" ", "").isdigit():
        note(_("姓名“%(value)s”是数字，已照原样导入，请核对") % {"value": name})
    return Name(name)


_SHORT_FORMS = tuple(_FORMS)


@lru_cache(maxsize=1024)
def _kind_says_company(customer_kind: str) -> bool | None:
    """What the file says itself; None where it says nothing."""
    if any(word in customer_kind for word in _PERSON_KINDS):
        return False
    return True if any(word in customer_kind for word in _COMPANY_KINDS) else None


def _looks_like_company(name: str) -> bool:
    # 局 or 厂 alone ends no personal name of three characters or fewer that anybody has.
    return len(name) >= 4 and (name.endswith(_COMPANY_ENDINGS) or any(part in name for part in _COMPANY_PARTS))

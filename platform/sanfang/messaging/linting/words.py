"""Findings in the language of whoever types: the reason, and what to write instead."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sanfang.messaging.linting.linter import Finding

WORDS: dict[str, tuple[Any, Any]] = {
    "empty": (gettext_lazy("没有正文。"), gettext_lazy("写明是什么事、和客户有什么关系。")),
    "brackets": (
        gettext_lazy("【】只能用在签名上。"),
        gettext_lazy("删去，或改用（）。签名会自动加在最前面。"),
    ),
    "signature_length": (
        gettext_lazy("签名“%(said)s”有 %(count)d 个字，平台要求 2–12 个字。"),
        gettext_lazy("请平台运营为门店设一个短的名称。"),
    ),
    "opt_out": (
        gettext_lazy("“%(said)s”：退订方式由系统按平台要求的写法自动加上。"),
        gettext_lazy("删去这句；营销短信会自动以“%(opt_out)s”结尾。"),
    ),
    "mobile": (
        gettext_lazy("“%(said)s”是个人手机号，平台不允许出现在短信里。"),
        gettext_lazy("改用门店座机：{phone}"),
    ),
    "shortener": (
        gettext_lazy("“%(said)s”是公共短链接，平台会拦截。"),
        gettext_lazy("改用 {link}，系统会换成本平台已备案的地址。"),
    ),
    "foreign_host": (
        gettext_lazy("“%(host)s”没有在平台备案。"),
        gettext_lazy("改用 {link}，系统会换成本平台已备案的地址。"),
    ),
    "plain_http": (gettext_lazy("链接没有加密（http）。"), gettext_lazy("改用 https 开头的地址。")),
    "variable_link": (
        gettext_lazy("“%(said)s”：整个网址不能是变量，域名必须写在模板里。"),
        gettext_lazy("改用 {link}：地址固定，只有最后的短码是变量。"),
    ),
    "win_back": (
        gettext_lazy("“%(said)s”：平台不接受流失客户招揽。"),
        gettext_lazy("只通知与客户车辆有关的事，例如保养到期日期；招揽请改用电话。"),
    ),
    "invitation": (
        gettext_lazy("“%(said)s”：平台不接受邀请到店。"),
        gettext_lazy("写成办理通知和联系方式，例如“如需办理请致电{phone}”。"),
    ),
    "inspection": (
        gettext_lazy("“%(said)s”：平台不接受年检提醒。"),
        gettext_lazy("年检提醒请改用电话。"),
    ),
    "insurance": (
        gettext_lazy("“%(said)s”：平台不接受保险推广。"),
        gettext_lazy("续保提醒请改用电话。"),
    ),
    "points": (
        gettext_lazy("“%(said)s”：平台不接受积分类短信。"),
        gettext_lazy("积分变动请在会员页面告知客户。"),
    ),
    "survey": (
        gettext_lazy("“%(said)s”：平台不接受调查问卷。"),
        gettext_lazy("写成服务通知，例如“您 {date} 的服务记录已生成，请点击 {link} 确认”。"),
    ),
    "coupon": (
        gettext_lazy("“%(said)s”：平台不接受卡券和抽奖。"),
        gettext_lazy("卡券请当面或电话告知。"),
    ),
    "promotion": (
        gettext_lazy("“%(said)s”是促销用语，审核时可能不通过。"),
        gettext_lazy("写明具体内容和有效期，去掉夸张的说法。"),
    ),
    "gift": (
        gettext_lazy("“%(said)s”像促销用语，审核时可能不通过。"),
        gettext_lazy("确属通知（例如召回）的，写明事由。"),
    ),
    "advertising": (
        gettext_lazy("“%(said)s”属于营销内容，不能按通知发送。"),
        gettext_lazy("用途改为“营销”（须客户同意，会自动加退订方式），或者去掉这句。"),
    ),
    "members_only": (
        gettext_lazy("平台只允许向会员发营销短信，正文要看得出收信人是会员。"),
        gettext_lazy("写明“尊敬的会员”或“车主您好”。"),
    ),
    "odd_braces": (
        gettext_lazy("“%(said)s”不是可用的变量。"),
        gettext_lazy("变量写成英文小写加花括号，例如 {customer}。"),
    ),
    "unknown_variable": (
        gettext_lazy("没有变量“%(said)s”。"),
        gettext_lazy("可用的变量：%(known)s"),
    ),
    "variables_in_marketing": (
        gettext_lazy("“%(said)s”：平台的营销短信不允许有变量。"),
        gettext_lazy("改成对所有客户都一样的文字。"),
    ),
    "adjacent": (
        gettext_lazy("“%(said)s”：两个变量紧挨着，审核时可能不通过。"),
        gettext_lazy("在中间加上说明文字。"),
    ),
    "sign": (
        gettext_lazy("“%(said)s”这样的符号在短信里可能变成乱码，平台不接受。"),
        gettext_lazy("删去，或改用文字。"),
    ),
    "shouting": (gettext_lazy("“%(said)s”：连续的标点像垃圾短信。"), gettext_lazy("只用一个。")),
    "too_long": (
        gettext_lazy("最长可能有 %(count)d 个字（含签名），平台最多 %(most)d 个字。"),
        gettext_lazy("请缩短。"),
    ),
    "segments": (
        gettext_lazy("最长可能有 %(count)d 个字（含签名），按 %(parts)d 条计费。"),
        gettext_lazy("70 个字以内按一条计费。"),
    ),
}


def reason(one: Finding) -> str:
    return str(WORDS[one.code][0]) % _data(one)


def suggestion(one: Finding) -> str:
    return str(WORDS[one.code][1]) % _data(one)


def severity_label(one: Finding) -> str:
    return {"refuse": _("会被拒绝"), "warn": _("可能不通过"), "hint": _("提示")}[one.severity]


def _data(one: Finding) -> dict[str, Any]:
    return {"said": one.said, **(one.data or {})}

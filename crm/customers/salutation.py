"""How a customer is addressed: surname and 先生 or 女士 (field notes §3 no. 6)."""

import re

from django.utils.translation import gettext as _

from crm.customers.models import Customer, Gender

_PAIRS = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容"
    "仲孙钟离长孙宇文司徒鲜于司空令狐呼延西门第五"
)
TWO_SIGN_SURNAMES = frozenset(_PAIRS[at : at + 2] for at in range(0, len(_PAIRS), 2))
CHINESE = re.compile(r"[\u3400-\u9fff·]+")
BY_GENDER = {Gender.MALE: "先生", Gender.FEMALE: "女士"}


def surname(name: str) -> str:
    """The surname of a Chinese name; any other name whole, since we can't tell its parts."""
    if not CHINESE.fullmatch(name) or "·" in name:
        return name
    return name[:2] if len(name) > 2 and name[:2] in TWO_SIGN_SURNAMES else name[:1]


def form_of_address(customer: Customer) -> str:
    """先生 or 女士 where we know, else empty."""
    return customer.form_of_address or BY_GENDER.get(Gender(customer.gender), "")


def spoken_name(customer: Customer) -> str:
    """How a caller asks for them: ``陈女士``, or by the full name where the form of address isn't known."""
    return salutation(customer) if form_of_address(customer) or not customer.name else customer.name


def salutation(customer: Customer) -> str:
    """``陈女士``. A company by its name; a person of whom we know no form of address gets a general one."""
    if customer.company:
        return customer.name
    form = form_of_address(customer)
    if not form or not customer.name:
        return _("尊敬的客户")
    words = {"surname": surname(customer.name)}
    if form == "先生":
        return _("%(surname)s先生") % words
    if form == "女士":
        return _("%(surname)s女士") % words
    return words["surname"] + form

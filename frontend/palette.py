"""What the search box leads to besides people and cars: the screens of this person's rail, and what is done often.

``letters`` are pinyin initials, so that a screen is found without switching the keyboard.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from frontend.navigation import navigation

LETTERS = {
    "workbench": "hf",
    "customers": "kh",
    "imports": "dr",
    "complaints": "ts",
    "tracking": "gz",
    "messages": "dx",
    "team": "td",
    "staff": "yg",
}


@dataclass(frozen=True, slots=True)
class Entry:
    label: Any
    url: str
    icon: str
    letters: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that can be begun from anywhere: where, with which capability, on which hosts."""

    label: Any
    place: str
    query: str
    icon: str
    letters: str
    capability: str


DEEDS = [
    Deed(_("查看逾期回访"), "workbench", "?queue=overdue", "alarm-clock", "ckyqhf", "callback.see"),
    Deed(_("查看约定回拨"), "workbench", "?queue=promised", "calendar-clock", "ckydhb", "callback.see"),
    Deed(_("今天已完成的回访"), "workbench", "?queue=done", "circle-check", "jtywcdhf", "callback.see"),
    Deed(_("导入文件"), "import-new", "", "file-up", "drwj", "import.make"),
    Deed(_("待核实的客户信息"), "tracking", "?show=corrected", "user-check", "dhsdkhxx", "tracking.close"),
    Deed(pgettext_lazy("deed", "两步验证"), "mfa_index", "", "shield-check", "lbyz", ""),
]


def screens(request: HttpRequest, text: str) -> list[Entry]:
    places = [Entry(one["label"], one["url"], one["icon"], LETTERS.get(one["key"], "")) for one in navigation(request)]
    return [one for one in places if _fits(one, text)]


def deeds(request: Any, text: str) -> list[Entry]:
    dealer = request.tenant.kind == "dealer"
    found = [
        Entry(one.label, reverse(one.place) + one.query, one.icon, one.letters)
        for one in DEEDS
        if not one.capability or (dealer and request.actor.may(one.capability))
    ]
    return [one for one in found if _fits(one, text)]


def _fits(entry: Entry, text: str) -> bool:
    wanted = text.strip().lower()
    return wanted in str(entry.label).lower() or (wanted.isascii() and entry.letters.startswith(wanted))

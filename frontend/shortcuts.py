"""Every keyboard shortcut of the product: the templates take the keys from here, and so does the help sheet.

A shortcut presses the element that carries it, so what a key does can always be done with the mouse as well.
Keys never act while someone types or composes Chinese (`keys.js`), never use Alt (Windows menus), and the
single-letter ones can be switched off.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Shortcut:
    """`combo` as `keys.js` spells it ("mod+enter"); `caps` as printed on the keyboard."""

    combo: str
    caps: tuple[str, ...]
    label: str | Promise


@dataclass(frozen=True, slots=True)
class Group:
    title: str | Promise
    shortcuts: tuple[Shortcut, ...]


NEXT = Shortcut("j", ("J",), _("下一位客户"))
PREVIOUS = Shortcut("k", ("K",), _("上一位客户"))
CALL = Shortcut("c", ("C",), _("拨打：显示完整号码并开始计时"))
SUBMIT = Shortcut("mod+enter", ("Ctrl", "↵"), _("提交结果并转到下一位"))
ASKED = Shortcut("a", ("A",), _("客户要求现在联系"))
NOTE = Shortcut("n", ("N",), _("填写客户原话"))
SEARCH = Shortcut("mod+k /", ("Ctrl", "K"), _("搜索客户、车辆、页面和操作；也可以按 /"))
HELP = Shortcut("?", ("?",), _("打开或关闭快捷键说明"))
CLOSE = Shortcut("escape", ("Esc",), _("关闭弹出的窗口"))

# Function keys choose the outcome of a call: they work while the note is being typed. F5, F10, F11 and F12
# stay the browser's own.
OUTCOME_KEYS = {
    "completed": "F1",
    "no_answer": "F2",
    "call_later": "F3",
    "refused": "F4",
    "wrong_number": "F6",
    "busy": "F7",
    "switched_off": "F8",
    "moved": "F9",
}

DIGITS = Shortcut("1-9", ("1", "…", "9"), _("回答当前问题：按选项上的数字"))
SCALE_TEN = Shortcut("0", ("0",), _("0–10 分题：10 分"))
SCALE_ZERO = Shortcut("-", ("-",), _("0–10 分题：0 分"))
OUTCOMES = Shortcut("f1-f9", ("F1", "…", "F9"), _("选择通话结果"))

EVERYWHERE = Group(_("所有页面"), (SEARCH, HELP, CLOSE))
WORKBENCH = Group(
    _("回访工作台"),
    (NEXT, PREVIOUS, CALL, ASKED, DIGITS, SCALE_TEN, SCALE_ZERO, NOTE, OUTCOMES, SUBMIT),
)

MERGE = Shortcut("m", ("M",), _("是同一人，合并"))
DIFFERENT = Shortcut("d", ("D",), _("不是同一人"))
KEEP = Shortcut("1-2", ("1", "2"), _("保留哪一份档案"))
DOUBLES = Group(_("疑似重复客户"), (Shortcut(NEXT.combo, NEXT.caps, _("下一对")), KEEP, MERGE, DIFFERENT))

SHEETS: dict[str, tuple[Group, ...]] = {"workbench": (WORKBENCH, EVERYWHERE), "doubles": (DOUBLES, EVERYWHERE)}

BY_NAME = {
    "next": NEXT,
    "previous": PREVIOUS,
    "call": CALL,
    "submit": SUBMIT,
    "note": NOTE,
    "asked": ASKED,
    "search": SEARCH,
    "help": HELP,
    "close": CLOSE,
    "merge": MERGE,
    "different": DIFFERENT,
}

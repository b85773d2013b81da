"""What kind of order a document is, whether it still stands, and whether it is the shop's own.

Words are matched inside the text of 维修类型 and 工单类型 together. The order of the tables is
their precedence: a visit that was a first service stays one when a claim was settled with it.
"""

from __future__ import annotations

from functools import lru_cache

from .cells import half_width

# Words of maintenance, most specific first (handbook §17: 首保/强保, 定保/例保).
FIRST_SERVICE_WORDS = (
    "首保", "强保", "免保", "首次保养", "首次免费", "首次强制", "强制保养", "免费保养", "首次维护",
)  # fmt: skip
SERVICE_WORDS = (
    "保养", "定保", "例保", "常保", "二保", "三保", "定期维护", "例行维护", "机油机滤",
)  # fmt: skip
WARRANTY_WORDS = ("索赔", "三包", "保修", "质保")
# Said of orders that are expressly not the maker's account: they cancel the words above.
_OUT_OF_WARRANTY = (
    "非索赔",
    "非三包",
    "非保修",
    "非质保",
    "保修期外",
    "质保期外",
    "保修外",
    "质保外",
    "三包外",
    "保外",
    "过保",
    "出保",
    "脱保",
)

INTERNAL_WORDS = (
    "PDI",
    "内部",
    "内修",
    "试驾",
    "试乘",
    "库存车",
    "商品车",
    "展车",
    "新车整备",
    "新车检查",
    "售前",
    "自用车",
    "公务车",
    "代步车",
    "工作车",
)

# 作废, 取消: it never happened. 红冲: a negative entry that takes the document back. 退车: the
# car came back, the delivery no longer holds. 关闭 is not here: it says "finished" in most systems.
CANCELLED_WORDS = (
    "作废",
    "废单",
    "废弃",
    "取消",
    "撤销",
    "撤单",
    "红冲",
    "冲红",
    "红字",
    "冲销",
    "冲减",
    "退车",
    "退货",
    "退订",
    "退单",
    "已删除",
)
_NOT_CANCELLED = (
    "未作废", "未取消", "取消作废", "取消红冲", "非作废", "反作废", "申请中", "待审", "驳回",
)  # fmt: skip

# Precedence when the rows of one order differ.
KIND_PRECEDENCE = ("first_service", "service", "warranty", "repair")


@lru_cache(maxsize=4096)
def order_kind(repair_type: str, order_type: str) -> str:
    """repair | service | first_service | warranty; repair where no word says otherwise."""
    text = half_width(f"{repair_type} {order_type}").replace(" ", "").upper()
    if any(word in text for word in FIRST_SERVICE_WORDS):
        return "first_service"
    if any(word in text for word in SERVICE_WORDS):
        return "service"
    for words in _OUT_OF_WARRANTY:
        text = text.replace(words, "")
    if any(word in text for word in WARRANTY_WORDS):
        return "warranty"
    return "repair"


@lru_cache(maxsize=4096)
def is_internal(repair_type: str, order_type: str) -> bool:
    """Whether the car on the lift is the shop's own: kept in its history, nobody is called."""
    text = half_width(f"{repair_type} {order_type}").replace(" ", "").upper()
    return any(word in text for word in INTERNAL_WORDS)


@lru_cache(maxsize=4096)
def is_cancelled(state: str, document_type: str = "") -> bool:
    """Whether the document was taken back: by its state, or as a red entry by its type."""
    text = half_width(f"{state} {document_type}").replace(" ", "")
    for word in _NOT_CANCELLED:
        if word in text:
            return False
    return any(word in text for word in CANCELLED_WORDS)

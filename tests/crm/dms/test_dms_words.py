"""Plates, names, kinds and states as files write them."""

import pytest

from crm.dms.names import Name, parse_name
from crm.dms.orders import is_cancelled, is_internal, order_kind
from crm.dms.plates import parse_plate


@pytest.mark.parametrize(
    ("written", "plate", "warned"),
    [
        ("川A12345", "川A12345", 0),
        ("川A·12345", "川A12345", 0),
        ("川a-12345", "川A12345", 0),
        ("川A 12345", "川A12345", 0),
        ("川Ａ１２３４５", "川A12345", 0),
        ("川AD12345", "川AD12345", 0),
        ("川A·DF1234", "川ADF1234", 0),
        ("川A12345D", "川A12345D", 0),
        ("川A1234学", "川A1234学", 0),
        ("粤Z1234港", "粤Z1234港", 0),
        ("无牌", "", 0),
        ("临牌", "", 0),
        ("新车", "", 0),
        ("无", "", 0),
        ("川A1234", "川A1234", 1),
        ("川A1234I", "川A1234I", 1),
        ("12345", "12345", 1),
        ("川A123456", "川A123456", 1),
        ("国A12345", "国A12345", 1),
    ],
)
def test_plates(written: str, plate: str, warned: int) -> None:
    notes: list[str] = []
    assert parse_plate(written, notes.append) == plate
    assert len(notes) == warned


@pytest.mark.parametrize(
    ("written", "kind", "name", "warned"),
    [
        ("李文静", "", Name("李文静"), 0),
        ("张　三", "", Name("张三"), 0),
        ("张先生", "", Name("张先生", "先生", "male"), 1),
        ("欧阳女士", "", Name("欧阳女士", "女士", "female"), 1),
        ("王总", "", Name("王总", "总", ""), 1),
        ("张三先生", "", Name("张三", "先生", "male"), 0),
        ("张三（李四）", "", Name("张三(李四)"), 1),
        ("成都远亭汽车销售有限公司", "", Name("成都远亭汽车销售有限公司", company=True), 0),
        ("远亭", "单位", Name("远亭", company=True), 0),
        ("某某汽修厂", "个人", Name("某某汽修厂"), 0),
        ("阿卜杜拉·买买提", "", Name("阿卜杜拉·买买提"), 0),
        ("John  Smith", "个人", Name("John Smith"), 0),
        ("12345", "", Name("12345"), 1),
        ("客户", "", Name(), 1),
    ],
)
def test_names(written: str, kind: str, name: Name, warned: int) -> None:
    notes: list[str] = []
    assert parse_name(written, kind, notes.append) == name
    assert len(notes) == warned


@pytest.mark.parametrize(
    ("repair_type", "order_type", "kind"),
    [
        ("首保", "", "first_service"),
        ("强保", "", "first_service"),
        ("免费保养", "", "first_service"),
        ("首次保养", "", "first_service"),
        ("一般维修", "首保工单", "first_service"),
        ("保养", "", "service"),
        ("定保", "", "service"),
        ("例保", "", "service"),
        ("定期保养/索赔", "", "service"),
        ("索赔", "", "warranty"),
        ("三包", "", "warranty"),
        ("保修", "", "warranty"),
        ("普通维修", "索赔", "warranty"),
        ("保修期外维修", "", "repair"),
        ("非索赔", "", "repair"),
        ("事故", "", "repair"),
        ("", "", "repair"),
        ("钣喷", "保险理赔", "repair"),
        ("10031001", "", "repair"),
    ],
)
def test_kinds_of_order(repair_type: str, order_type: str, kind: str) -> None:
    assert order_kind(repair_type, order_type) == kind


def test_states_that_take_a_document_back() -> None:
    for state in ("作废", "已作废", "已取消", "红冲", "红字冲销", "退车"):
        assert is_cancelled(state), state
    for state in ("已交车", "已结算", "", "关闭", "反结算", "未作废", "作废申请中", "取消作废"):
        assert not is_cancelled(state), state


def test_the_shops_own_orders() -> None:
    assert is_internal("PDI检查", "")
    assert is_internal("", "内部工单")
    assert is_internal("试驾车维护", "")
    assert not is_internal("一般维修", "外部")

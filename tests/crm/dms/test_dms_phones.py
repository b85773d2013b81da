"""Phones: a mobile that can't be one is a fault that says why, a landline never is."""

from dataclasses import replace
from pathlib import Path

import pytest
from dms_cases import FACTS, GOOD_ORDER, csv_bytes, documents, opened, read_one, table
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.dms.errors import BadValue
from crm.dms.phones import Phones, parse_landline_cell, parse_mobile_cell


def parsed(text: str) -> tuple[Phones, list[str]]:
    notes: list[str] = []
    return parse_mobile_cell(text, notes.append), notes


mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True).filter(lambda mobile: len(set(mobile[3:])) > 1)


@pytest.mark.parametrize(
    "written",
    [
        "13912345678",
        " 13912345678 ",
        "139 1234 5678",
        "139-1234-5678",
        "139·1234·5678",
        "+8613912345678",
        "+86 139 1234 5678",
        "(+86)13912345678",
        "0086-13912345678",
        "8613912345678",
        "13912345678.0",
        "１３９１２３４５６７８",
        "013912345678",
        "13912345678\n",
    ],
)
def test_harmless_ways_of_writing_are_one_number(written: str) -> None:
    assert parsed(written) == (Phones("13912345678"), [])


@settings(deadline=None)
@given(mobiles)
def test_every_mobile_is_taken_as_it_is(mobile: str) -> None:
    assert parsed(mobile) == (Phones(mobile), [])


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("1.38E+10", "科学计数法"),
        ("1.3912345678E10", "科学计数法"),
        ("138****5678", "隐去"),
        ("138xxxx5678", "隐去"),
        ("13800000000", "占位"),
        ("13912345678/13800000000", "占位"),
        ("12912345678", "号段"),
        ("1391234567", "10 位"),
        ("139123456789", "12 位"),
        ("1234567", "7 位"),
        ("张三", "不是电话"),
        ("13912345678/张三", "不是电话"),
        ("13912345678转张三", "不是电话"),
        ("139123456７a", "不是电话"),
        ("13912345678/138****5678", "隐去"),
    ],
)
def test_what_cannot_be_a_mobile_is_refused_with_the_reason(written: str, says: str) -> None:
    with pytest.raises(BadValue) as caught:
        parsed(written)
    assert says in str(caught.value)
    assert any(part in str(caught.value) for part in (written, *written.split("/")))


@pytest.mark.parametrize("written", ["13888888888", "18888888888", "188 8888 8888", "18888888888/057188001234"])
def test_a_number_as_people_pay_for_it_is_taken_with_a_warning(written: str) -> None:
    phones, notes = parsed(written)
    assert phones.mobile in ("13888888888", "18888888888")
    assert "占位" in notes[0]
    assert parsed("18888888880") == (Phones("18888888880"), [])


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0571-88001234", "0571-88001234"),
        ("057188001234", "0571-88001234"),
        ("(0571)88001234", "0571-88001234"),
        ("010 8800 1234", "010-88001234"),
        ("021-12345678", "021-12345678"),
        ("88001234", "88001234"),
        ("8800123", "8800123"),
        ("400-800-1234", "4008001234"),
        ("0571-88001234-801", "0571-88001234-801"),
        ("0571-88001234转801", "0571-88001234-801"),
        ("+86 0571 88001234", "0571-88001234"),
    ],
)
def test_a_landline_in_the_mobile_column_is_kept_as_one(written: str, kept: str) -> None:
    assert parsed(written) == (Phones(landline=kept), [])


@pytest.mark.parametrize("between", ["/", ",", "，", "、", ";", " ", "\n", "或", " / "])
def test_of_two_numbers_in_a_cell_the_first_mobile_is_called_and_the_other_kept(between: str) -> None:
    phones, notes = parsed(f"13912345678{between}13712345678")
    assert phones == Phones("13912345678", "13712345678")
    assert len(notes) == 1
    phones, notes = parsed(f"0571-88001234{between}13712345678")
    assert phones == Phones("13712345678", "0571-88001234")


@settings(deadline=None)
@given(st.text(max_size=30))
def test_nothing_in_a_phone_column_is_ever_a_fault(text: str) -> None:
    parse_landline_cell(text, lambda _note: None)


def test_the_two_columns_complete_each_other(tmp_path: Path) -> None:
    def phones(mobile: str, phone: str) -> tuple[str, str]:
        record = read_one(tmp_path, "repair_orders", 手机=mobile, 电话=phone).record
        assert record is not None
        return record.mobile, record.landline

    assert phones("13912345678", "0571-88001234") == ("13912345678", "0571-88001234")
    assert phones("", "13912345678") == ("13912345678", "")
    assert phones("13912345678", "13912345678") == ("13912345678", "")
    assert phones("13912345678", "13712345678") == ("13912345678", "13712345678")
    assert phones("0571-88001234", "13712345678") == ("13712345678", "0571-88001234")
    assert phones("", "随便") == ("", "随便")


def test_no_phone_at_all_is_a_warning_and_no_fault(tmp_path: Path) -> None:
    document = read_one(tmp_path, "deliveries", 联系人手机="无")
    assert document.record is not None
    assert [warning.column for warning in document.warnings] == ["联系人手机"]


def test_the_senders_mobile_is_checked_too(tmp_path: Path) -> None:
    document = read_one(tmp_path, "repair_orders", 送修人="赵六", 送修人手机="139****5678")
    assert [fault.column for fault in document.faults] == ["送修人手机"]


def test_a_number_of_our_own_staff_is_warned_about(tmp_path: Path) -> None:
    source = opened(tmp_path, csv_bytes(table("repair_orders", [GOOD_ORDER])))
    [document] = documents(source, "repair_orders", replace(FACTS, staff_mobiles=frozenset({"13912345678"})))
    assert document.record is not None
    assert "员工" in document.warnings[0].reason

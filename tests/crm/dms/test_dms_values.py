"""Mileages, money, gender, yes and no, and the text of a cell."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.dms.cells import Cell, marked_as_text, text_of
from crm.dms.errors import BadValue
from crm.dms.values import parse_gender, parse_mileage, parse_money, parse_yes_no


@pytest.mark.parametrize(
    ("written", "km"),
    [
        ("15230", 15230),
        ("12,345", 12345),
        ("12345km", 12345),
        ("12345 KM", 12345),
        ("1.2万公里", 12000),
        ("0.5万", 5000),
        ("0.5w", 5000),
        ("１２３", 123),
        ("12345.0", 12345),
        ("12345.7", 12345),
        ("999998", 999998),
        ("不详", None),
    ],
)
def test_mileage(written: str, km: int | None) -> None:
    notes: list[str] = []
    assert parse_mileage(written, notes.append) == km
    assert notes == []


@pytest.mark.parametrize("written", ["0", "0.0", "999999", "9999999"])
def test_a_mileage_that_nobody_read_is_empty_with_a_warning(written: str) -> None:
    notes: list[str] = []
    assert parse_mileage(written, notes.append) is None
    assert len(notes) == 1


@pytest.mark.parametrize("written", ["-5", "abc", "1,23", "1.2.3", "12 345万万"])
def test_a_mileage_that_is_no_number_is_a_fault(written: str) -> None:
    with pytest.raises(BadValue):
        parse_mileage(written, lambda _note: None)


@pytest.mark.parametrize(
    ("written", "yuan"),
    [
        ("388", "388.00"),
        ("388.5", "388.50"),
        ("1,234.56", "1234.56"),
        ("¥1,234.50", "1234.50"),
        ("￥88元", "88.00"),
        ("12.89万", "128900.00"),
        ("-50", "-50.00"),
        ("(123.40)", "-123.40"),
        ("（123.40）", "-123.40"),
        ("-¥50", "-50.00"),
        ("0", "0.00"),
        ("−50", "-50.00"),
        ("1e3", None),
        ("赠送", None),
        ("99999999999", None),
    ],
)
def test_money(written: str, yuan: str | None) -> None:
    if yuan is None:
        with pytest.raises(BadValue):
            parse_money(written)
    else:
        assert parse_money(written) == Decimal(yuan)
        assert str(parse_money(written)) == yuan


@pytest.mark.parametrize(
    ("written", "gender", "warned"),
    [
        ("男", "male", 0),
        ("女", "female", 0),
        ("先生", "male", 0),
        ("1", "male", 0),
        ("2", "female", 0),
        ("10061001", "male", 0),
        ("10061002", "female", 0),
        ("0", "", 0),
        ("F", "female", 0),
        ("77", "", 1),
        ("企业", "", 0),
    ],
)
def test_gender_in_words_and_dictionary_codes(written: str, gender: str, warned: int) -> None:
    notes: list[str] = []
    assert parse_gender(written, notes.append) == gender
    assert len(notes) == warned


def test_yes_and_no() -> None:
    assert [parse_yes_no(word) for word in ("是", "Y", "1", "否", "n", "0", "也许", "")] == [
        True,
        True,
        True,
        False,
        False,
        False,
        None,
        None,
    ]


@settings(deadline=None)
@given(st.text(max_size=12) | st.text("=+-@'\"\t1a", max_size=6))
def test_marking_as_text_changes_nothing_for_the_importer(text: str) -> None:
    marked = marked_as_text(text)
    assert not marked.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert text_of(marked) == text_of(text)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("=1+1", "=1+1"),
        ("'=1+1", "=1+1"),
        ("'+86", "+86"),
        ('="0571"', "0571"),
        ('\'="0571"', "0571"),
        ("'13912345678", "13912345678"),
        ("O'Neill", "O'Neill"),
        ("'n'", "'n'"),
        ("\ufeff x\u3000", "x"),
        ("NULL", ""),
        (13912345678.0, "13912345678"),
        (1.5, "1.5"),
        (True, "是"),
        (datetime.fromisoformat("2025-06-08 09:05"), "2025-06-08 09:05:00"),
        (7, "7"),
    ],
)
def test_what_a_cell_says(cell: Cell, text: str) -> None:
    assert text_of(cell) == text

"""VINs: what is accepted, refused and warned about."""

import random
from pathlib import Path

import pytest
from dms_cases import VIN_DIGITS, VIN_LETTERS, VIN_SIGNS, chinese_vin, read_one, with_check_digit
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crm.dms.errors import BadValue
from crm.dms.vin import check_digit, parse_vin, uses_check_digit

VALUES = dict(zip(VIN_DIGITS + VIN_LETTERS, [*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True))


def accepted(vin: str) -> tuple[str, list[str]]:
    notes: list[str] = []
    return parse_vin(vin, notes.append), notes


def refusal(vin: str) -> str:
    with pytest.raises(BadValue) as caught:
        accepted(vin)
    return str(caught.value)


checked_makers = st.sampled_from("L12345")
signs = st.text(st.sampled_from(VIN_SIGNS), min_size=7, max_size=7)
years = st.sampled_from("ABCDEFGHJKLMNPRSTVWXY123456789")


@st.composite
def valid_vins(draw: st.DrawFn, makers: st.SearchStrategy[str] = checked_makers) -> str:
    plant = draw(st.sampled_from(VIN_SIGNS))
    serial = draw(st.integers(0, 999_999))
    return with_check_digit(draw(makers) + draw(signs) + "0" + draw(years) + plant + f"{serial:06d}")


@pytest.mark.parametrize("vin", ["1M8GDM9AXKP042788", "LS4ASE2W4SA123456", "5GZCZ43D13S812715", "1FTFW1ET7DFA47790"])
def test_published_and_real_vins_are_accepted_silently(vin: str) -> None:
    assert accepted(vin) == (vin, [])


def test_lower_case_is_raised() -> None:
    assert accepted("1m8gdm9axkp042788") == ("1M8GDM9AXKP042788", [])


@settings(deadline=None)
@given(valid_vins())
def test_every_valid_vin_is_accepted_silently(vin: str) -> None:
    assert accepted(vin.lower()) == (vin, [])


@settings(deadline=None)
@given(valid_vins(), st.integers(0, 16), st.sampled_from(VIN_SIGNS))
def test_a_single_wrong_sign_is_refused_unless_it_weighs_the_same(vin: str, place: int, sign: str) -> None:
    """The sum mod 11 sees every single exchange of signs of different value: the weights are 2 to 10
    and values differ by 1 to 9, neither a multiple of 11. A and J, both 1, look alike to it."""
    wrong = vin[:place] + sign + vin[place + 1 :]
    assume(wrong != vin and uses_check_digit(wrong))
    if place != 8 and VALUES[sign] == VALUES[vin[place]]:
        assert accepted(wrong)[0] == wrong
    else:
        assert f"{check_digit(wrong)}" in refusal(wrong)


@settings(deadline=None)
@given(valid_vins(), st.integers(0, 16), st.integers(0, 9))
def test_a_single_wrong_digit_is_always_refused(vin: str, place: int, digit: int) -> None:
    assume(vin[place].isdigit() and vin[place] != str(digit) and place > 0)
    refusal(vin[:place] + str(digit) + vin[place + 1 :])


@settings(deadline=None)
@given(valid_vins(makers=st.sampled_from("JWKSVYZ69")))
def test_elsewhere_a_wrong_check_digit_is_a_warning(vin: str) -> None:
    wrong = vin[:8] + ("1" if vin[8] == "0" else "0") + vin[9:]
    taken, notes = accepted(wrong)
    assert taken == wrong
    assert len(notes) == 1
    assert "第9位" in notes[0]


@pytest.mark.parametrize(
    ("vin", "says"),
    [
        ("LS4ASE2W4SA12345", "16 位"),
        ("LS4ASE2W4SA1234567", "18 位"),
        ("SA123456", "后8位"),
        ("LS4ASE2W4SAI23456", "I"),
        ("LS4ASE2W4SA1234O6", "O"),
        ("QS4ASE2W4SA123456", "Q"),
        ("LS4ASE2W 4SA123456", "空格"),
        ("LS4ASE2W4\nSA123456", "换行"),
        ("LS4ASE2W-4SA123456", "-"),
        ("ＬS4ASE2W4SA123456", "Ｌ"),
        ("LS4ASE2W4SA12345六", "六"),
        ("ßS4ASE2W4SA123456", "ß"),
        ("LS4ASE2W5SA123456", "第9位"),
        ("LS4ASE2WXSA123456", "X"),
        ("0", "1 位"),
    ],
)
def test_every_fault_says_what_is_wrong(vin: str, says: str) -> None:
    reason = refusal(vin)
    assert says in reason
    assert vin.upper() in reason or vin in reason


def test_oddities_that_the_law_forbids_but_the_check_digit_lets_pass_are_warnings() -> None:
    for odd, says in (
        (with_check_digit("LS4ASE2W0UA123456"), "年份"),
        (with_check_digit("LS4ASE2W0SA1234B6"), "末四位"),
        ("11111111111111111", "占位"),
    ):
        taken, notes = accepted(odd)
        assert taken == odd
        assert [note for note in notes if says in note]


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_either_a_vin_or_a_clear_refusal(text: str) -> None:
    try:
        taken, _notes = accepted(text)
    except BadValue as bad:
        reason = str(bad)
    else:
        reason = ""
        assert len(taken) == 17
        assert set(taken) <= set(VIN_SIGNS)
    assert reason or len(text) == 17


def test_blanks_around_are_trimmed_and_nothing_else_is(tmp_path: Path) -> None:
    document = read_one(tmp_path, "repair_orders", VIN="\u3000 ls4ase2w4sa123456\u00a0\t")
    assert document.record is not None
    assert document.record.vin == "LS4ASE2W4SA123456"
    assert document.warnings == ()
    for empty in ("", "  ", "NULL"):
        faulty = read_one(tmp_path, "repair_orders", VIN=empty)
        assert [fault.column for fault in faulty.faults] == ["VIN"]


def test_generated_vins_are_valid() -> None:
    draw = random.Random(3)
    assert all(accepted(chinese_vin(draw))[1] == [] for _ in range(200))
    assert set(VIN_LETTERS) & set("IOQ") == set()

"""Puts dirt into the rows: what real exports carry, in numbers that the manifest states.

Each dealer gets the same list (``DELIVERY_DIRT``, ``ORDER_DIRT``): one spot of dirt each, each in a document of its own
that has long been settled, so that later exports don't repeat it; only ``mistyped_mobile`` sits in a fresh document
and is put right in the next export. Besides, one document of each table stands in the file twice, and one reading of
a mileage falls.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from random import Random

from infra.demo.ledgers import CANCELLED, Row, Value
from infra.demo.manifest import Outcome
from infra.demo.sheets import serial
from infra.demo.vehicles import check_digit


@dataclass(frozen=True)
class Dirt:
    """A kind of dirt: the column it sits in and what it makes of the value that was there.

    ``fresh``: it sits in one of the last days' documents and is put right in the next export.
    """

    kind: str
    column: str
    outcome: Outcome
    spoil: Callable[[Value], Value]
    fresh: bool = False


@dataclass(frozen=True)
class Spot:
    """Dirt in one document, with the value that is written."""

    dirt: Dirt
    document: str
    value: Value


def _short(value: Value) -> Value:
    return str(value)[:-1]


def _masked(value: Value) -> Value:
    return f"{str(value)[:3]}****{str(value)[-4:]}"


def _not_a_mobile(value: Value) -> Value:
    return "12" + str(value)[2:]


def _letter_o(value: Value) -> Value:
    return str(value).replace("0", "O")


def _wrong_check_digit(value: Value) -> Value:
    vin = str(value)
    return vin[:8] + ("1" if check_digit(vin) == "0" else "0") + vin[9:]


def _lower_case(value: Value) -> Value:
    return f" {str(value).lower()} "


def _serial(value: Value) -> Value:
    assert isinstance(value, date)
    return int(serial(value))


def _digit_left_out(value: Value) -> Value:
    return int(str(value)[:-1])


def _discounted(value: Value) -> Value:
    assert isinstance(value, int)
    return value - value // 20


def _cancelled(_value: Value) -> Value:
    return CANCELLED


DELIVERY_DIRT = (
    Dirt("short_mobile", "联系人手机", Outcome.FAULT, _short),
    Dirt("wrong_check_digit", "VIN", Outcome.FAULT, _wrong_check_digit),
    Dirt("lower_case_vin", "VIN", Outcome.ACCEPTED, _lower_case),
    Dirt("serial_date", "交车日期", Outcome.ACCEPTED, _serial),
    Dirt("cancelled", "单据状态", Outcome.CANCELLED, _cancelled),
)
ORDER_DIRT = (
    Dirt("masked_mobile", "手机", Outcome.FAULT, _masked),
    Dirt("impossible_mobile", "手机", Outcome.FAULT, _not_a_mobile),
    Dirt("mistyped_mobile", "手机", Outcome.FAULT, _short, fresh=True),
    Dirt("letter_o_in_vin", "VIN", Outcome.FAULT, _letter_o),
    Dirt("short_vin", "VIN", Outcome.FAULT, _short),
    Dirt("wrong_check_digit", "VIN", Outcome.FAULT, _wrong_check_digit),
    Dirt("lower_case_vin", "VIN", Outcome.ACCEPTED, _lower_case),
    Dirt("cancelled", "工单状态", Outcome.CANCELLED, _cancelled),
)


# What the next export does to orders that were there: one is taken away again, the bill of another put right.
LATER_DIRT = (
    Dirt("cancelled", "工单状态", Outcome.CANCELLED, _cancelled, fresh=True),
    Dirt("amended_bill", "维修金额", Outcome.ACCEPTED, _discounted, fresh=True),
)
_FALLING = Dirt("falling_mileage", "进厂行驶里程", Outcome.ACCEPTED, _digit_left_out)


def choose(
    rng: Random, kinds: Iterable[Dirt], rows: dict[str, Row], settled: list[str], fresh: list[str]
) -> list[Spot]:
    """A document of its own for each kind, such that the spoilt value differs from the right one.

    Takes the documents out of ``settled`` and ``fresh``.
    """
    spots: list[Spot] = []
    for dirt in kinds:
        free = fresh if dirt.fresh else settled
        rng.shuffle(free)
        number = next(number for number in free if dirt.spoil(rows[number][dirt.column]) != rows[number][dirt.column])
        free.remove(number)
        spots.append(Spot(dirt, number, dirt.spoil(rows[number][dirt.column])))
    return spots


def fall_back(rows: dict[str, Row], settled: list[str]) -> Spot:
    """A reading below the one before: somebody left a digit out. Takes the document out of ``settled``."""
    readings: dict[Value, int] = {}
    for number, row in rows.items():
        mileage, before = row["进厂行驶里程"], readings.get(row["VIN"], 0)
        assert isinstance(mileage, int)
        if number in settled and mileage // 10 < before:
            settled.remove(number)
            return Spot(_FALLING, number, _FALLING.spoil(mileage))
        readings[row["VIN"]] = mileage
    raise LookupError("no car came twice")

"""The invented car maker's range: series, trims, colours, prices and the service book that comes with each car.

The intervals are what the maker prints in its service book, and so what the DMS writes into 下次保养日期 and
下次保养里程. What a dealership does about a due service is the standard pack's business.
"""

from dataclasses import dataclass

PETROL = "petrol"
HYBRID = "hybrid"
ELECTRIC = "electric"


@dataclass(frozen=True)
class ServiceBook:
    """Whichever comes first: months after the last service (at first: the delivery) or kilometres since."""

    first_months: int
    first_km: int
    months: int
    km: int


@dataclass(frozen=True)
class Trim:
    name: str
    price: int  # yuan


@dataclass(frozen=True)
class Series:
    """``vin_code``: the five characters after the maker's code in a VIN. ``share``: of all cars sold, in per cent."""

    name: str
    drive: str
    engine: str
    engine_code: str
    vin_code: str
    share: int
    book: ServiceBook
    trims: tuple[Trim, ...]


_BOOK = ServiceBook(3, 5000, 6, 7500)
_HYBRID_BOOK = ServiceBook(3, 5000, 8, 10000)
_ELECTRIC_BOOK = ServiceBook(3, 5000, 12, 20000)

RANGE: tuple[Series, ...] = (
    Series(
        "青禾",
        PETROL,
        "1.5L CVT",
        "LC15A",
        "GH4A1",
        16,
        _BOOK,
        (Trim("舒享版", 72900), Trim("悦享版", 79900), Trim("尊享版", 86900)),
    ),
    Series(
        "溪行",
        PETROL,
        "1.5T 双离合",
        "LC15T",
        "XX4B2",
        24,
        _BOOK,
        (Trim("舒享版", 99900), Trim("悦享版", 108900), Trim("尊享版", 119900)),
    ),
    Series(
        "山屿",
        PETROL,
        "1.5T 双离合",
        "LC15T",
        "SY5B2",
        26,
        _BOOK,
        (Trim("悦享版", 119900), Trim("尊享版", 131900), Trim("旗舰版", 145900)),
    ),
    Series(
        "云阔",
        PETROL,
        "2.0T 8AT",
        "LC20T",
        "YK5C3",
        10,
        _BOOK,
        (Trim("悦享版 7座", 159900), Trim("尊享版 7座", 175900), Trim("旗舰版 6座", 192900)),
    ),
    Series(
        "山屿 PHEV",
        HYBRID,
        "1.5T 插电混动",
        "LC15H",
        "SY5H4",
        12,
        _HYBRID_BOOK,
        (Trim("105km 悦享版", 149800), Trim("105km 尊享版", 163800)),
    ),
    Series(
        "听澜",
        ELECTRIC,
        "纯电动",
        "TZ210",
        "TL4E5",
        12,
        _ELECTRIC_BOOK,
        (Trim("430km 悦享版", 135800), Trim("530km 尊享版", 152800), Trim("610km 旗舰版", 169800)),
    ),
)

# name, share in per cent
COLOURS: tuple[tuple[str, int], ...] = (
    ("雪域白", 38),
    ("曜石黑", 20),
    ("流光银", 12),
    ("远山灰", 14),
    ("湖影蓝", 8),
    ("朱砂红", 5),
    ("青釉绿", 3),
)

"""Vehicle identity: VINs with a right check digit, engine numbers and number plates."""

from collections.abc import Callable
from itertools import count
from random import Random

from infra.demo.catalogue import ELECTRIC, HYBRID, PETROL, Series

# The maker's code. It begins with L (China) and is none of a known maker's.
MAKER = "LYZ"

# Positions 1 to 17 of a VIN; the ninth holds the check digit and so weighs nothing.
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VALUES = {str(digit): digit for digit in range(10)} | dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True)
)
# Letters and digits that stand for a model year, from 2010 on, over and over.
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"
_PLANTS = {PETROL: "H", HYBRID: "H", ELECTRIC: "N"}
# Number plates have neither I nor O.
_PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def check_digit(vin: str) -> str:
    """The character that belongs into position 9, from the other sixteen."""
    remainder = sum(_VALUES[char] * weight for char, weight in zip(vin, _WEIGHTS, strict=True)) % 11
    return "X" if remainder == 10 else str(remainder)


class Registry:
    """Hands out what nobody else may have: serials (each dealer a range of its own), engine numbers and plates."""

    def __init__(self, rng: Random, dealer_index: int, plates: tuple[str, ...]) -> None:
        self._rng = rng
        self._plates = plates
        self._serials = count(100_000 + dealer_index * 220_000 + rng.randrange(20_000), 37)
        self._given: set[str] = set()

    def vin(self, series: Series, model_year: int) -> str:
        year = _YEARS[(model_year - 2010) % len(_YEARS)]
        draft = f"{MAKER}{series.vin_code}0{year}{_PLANTS[series.drive]}{next(self._serials):06d}"
        return draft[:8] + check_digit(draft) + draft[9:]

    def engine_number(self, series: Series) -> str:
        return self._fresh(lambda: f"{series.engine_code}{self._rng.randrange(1_000_000, 10_000_000)}")

    def plate(self, series: Series) -> str:
        """Eight characters for new-energy cars (D: electric, F: plug-in hybrid), else seven."""
        area = self._rng.choices(self._plates, weights=(9, 2, 1)[: len(self._plates)])[0]
        if series.drive in (ELECTRIC, HYBRID):
            kind = "D" if series.drive == ELECTRIC else "F"
            return self._fresh(lambda: f"{area}{kind}{self._rng.randrange(100_000):05d}")
        return self._fresh(lambda: area + self._petrol_serial())

    def _petrol_serial(self) -> str:
        """Five characters, up to two of them letters."""
        characters = list(f"{self._rng.randrange(100_000):05d}")
        for place in self._rng.choice(((), (0,), (1,), (4,), (0, 1), (0, 4), (3, 4), (1, 3))):
            characters[place] = self._rng.choice(_PLATE_LETTERS)
        return "".join(characters)

    def _fresh(self, draw: Callable[[], str]) -> str:
        while (text := draw()) in self._given:
            pass
        self._given.add(text)
        return text

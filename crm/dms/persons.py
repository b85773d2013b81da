"""Who is who among the owners that one file names, before the stored customers are asked.

Two rows speak of one person when their name is the same and they share a customer number, a telephone
number or a car. The name alone is never enough (张伟), and neither is anything without the name: a
second-tier dealer's number stands behind thirty owners, and a customer number passes on with the car.
A company whose thirty cars carry one number is one customer by the same rule.
"""

from array import array

_BETWEEN = str.maketrans("", "", " ·•・.")


def plain_name(name: str) -> str:
    """The name without what people write or leave out in it. PLAIN_NAME in crm.customers.intake does the same."""
    return name if name.isalnum() else name.translate(_BETWEEN)


class Persons:
    """Gives each row a person's number, from 1 on; numbers that turn out to be one person share a root."""

    def __init__(self) -> None:
        self._above = array("l", [0])
        # By hash, as a million rows' texts would be hundreds of megabytes; of 64 bits, so no two are alike by chance.
        self._known: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._above) - 1

    def number_of(self, name: str, customer_number: str, phone: str, vin: str) -> int:
        """The person's number; 0 for somebody of whom nothing is said but perhaps a car."""
        if not (name or phone):
            return 0
        plain = plain_name(name).lower()
        known = self._known
        # A row without a name joins others without one by their telephone number only.
        marks = [hash((phone, plain))] if len(phone) > 1 else []
        if plain:
            if customer_number:
                marks.append(hash(("#", customer_number, plain)))
            if vin:
                marks.append(hash((vin, plain)))
        number = 0
        for mark in marks:
            if found := known.get(mark):
                number = self._joined(number, found) if number else self.root(found)
        if not number:
            number = len(self._above)
            self._above.append(number)
        for mark in marks:
            # The number that stands there already is kept: a fresh one for every row would be memory for nothing.
            if known.get(mark) != number:
                known[mark] = number
        return number

    def root(self, number: int) -> int:
        above = self._above
        while above[number] != number:
            above[number] = number = above[above[number]]
        return number

    def _joined(self, one: int, other: int) -> int:
        first, second = sorted((self.root(one), self.root(other)))
        self._above[second] = first
        return first

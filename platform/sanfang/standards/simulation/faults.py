"""What is wrong with an event file, by place: ``repair_orders[3] R-17.closed``."""

from django.utils.translation import gettext as _

SHOWN = 50
"""More faults than anyone repairs in one go; the rest would only push them off the screen."""


class EventFileError(Exception):
    """A file nothing can be simulated from; ``faults`` are whole sentences that name their place."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__(faults)

    def __str__(self) -> str:
        lines = self.faults[:SHOWN]
        if len(self.faults) > SHOWN:
            lines = [*lines, f"… (+{len(self.faults) - SHOWN})"]
        return "\n".join(lines)


def told_at(place: str, message: str) -> str:
    """A fault's or warning's sentence with its place in front."""
    return _("%(place)s：%(message)s") % {"place": place, "message": message}

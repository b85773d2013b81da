"""Charts as numbers for SVG templates: no script, no style in the markup, text stays text (ADR 0006)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Values = Sequence[float | None]
Placing = Callable[[int, float], tuple[float, float]]

SPARK = (120, 32)
WIDTH, HEIGHT = 1080, 260
LEFT, RIGHT, TOP, BOTTOM = 48, 64, 16, 30
STEPS = (1, 2, 5, 10, 20, 25, 50)


@dataclass(frozen=True, slots=True)
class Spark:
    """``lines``: stretches without a gap, each as an SVG list of points; ``end``: where the last one is."""

    lines: list[str]
    end: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on an axis, or a value in the plot; ``label`` as it is read."""

    at: float
    label: str
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Trend:
    width: int
    height: int
    left: int
    right: int
    bottom: int
    lines: list[str]
    dots: list[Mark]
    ticks: list[Mark]
    months: list[Mark]
    target: Mark | None


def spark(values: Values) -> Spark | None:
    """A line without axes; None where there are fewer than two values to join."""
    known = [one for one in values if one is not None]
    if len(known) < 2:
        return None
    width, height = SPARK
    low, high = min(known), max(known)
    spread = (high - low) or 1

    def place(position: int, value: float) -> tuple[float, float]:
        x = 2 + position * (width - 6) / max(len(values) - 1, 1)
        return round(x, 1), round(height - 4 - (value - low) * (height - 8) / spread, 1)

    last = max(position for position, value in enumerate(values) if value is not None)
    return Spark(_stretches(values, place), place(last, values[last] or 0))


def trend(values: Values, labels: Sequence[str], *, percent: bool, target: float | None) -> Trend:
    """A line over months with its axis, the target as a dashed line, and each value where it stands."""
    known = [one for one in [*values, target] if one is not None]
    low, high = _range(known, percent=percent)
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def down(value: float) -> float:
        return round(bottom - (value - low) * (bottom - TOP) / (high - low), 1)

    def place(position: int, value: float) -> tuple[float, float]:
        return round(LEFT + position * (right - LEFT) / max(len(values) - 1, 1), 1), down(value)

    sign = "%" if percent else ""
    step = next((one for one in STEPS if (high - low) / one <= 5), STEPS[-1] * -(-(high - low) // (STEPS[-1] * 5)))
    first = -(-low // step) * step
    ticks = [first + number * step for number in range(int((high - first) // step) + 1)]
    return Trend(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=right,
        bottom=bottom,
        lines=_stretches(values, place),
        dots=[
            Mark(value, f"{labels[position]} {number(value, percent=percent)}{sign}", *place(position, value))
            for position, value in enumerate(values)
            if value is not None
        ],
        ticks=[Mark(one, f"{one:g}{sign}", y=down(one)) for one in ticks],
        months=[Mark(position, label, x=place(position, low)[0]) for position, label in enumerate(labels)],
        target=None if target is None else Mark(target, f"{target:g}{sign}", y=down(target)),
    )


def number(value: float, *, percent: bool) -> str:
    """One place after the point for per cent, none for what is counted."""
    return f"{value:.1f}" if percent else f"{value:,.0f}"


def _range(known: list[float], *, percent: bool) -> tuple[float, float]:
    """A little more than what is shown; per cent never beyond 0 and 100."""
    if not known:
        return 0.0, 100.0 if percent else 10.0
    low, high = min(known), max(known)
    air = max((high - low) * 0.15, 2.0 if percent else 1.0)
    low, high = max(low - air, 0.0), high + air
    return low, min(high, 100.0) if percent else high


def _stretches(values: Values, place: Placing) -> list[str]:
    """A month without a figure is a gap, never a nought."""
    lines: list[list[tuple[float, float]]] = [[]]
    for position, value in enumerate(values):
        if value is None:
            lines.append([])
        else:
            lines[-1].append(place(position, value))
    return [" ".join(f"{x},{y}" for x, y in line) for line in lines if len(line) > 1]

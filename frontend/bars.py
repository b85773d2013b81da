"""Bars of two standards side by side, day by day, as numbers for an SVG template (ADR 0006)."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 960, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 14, 28
GAP = 0.28
"""Of a day's room, left free beside its bars."""
STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500)


@dataclass(frozen=True, slots=True)
class Bar:
    """``series``: 0 is the first. ``label``: what it stands for, as it is read."""

    x: float
    y: float
    width: float
    height: float
    series: int
    label: str


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Bars:
    """``capacity``: a stepped line over the days, as an SVG path."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    bars: list[Bar]
    ticks: list[Tick]
    days: list[Tick]
    capacity: str


def bars(
    series: Sequence[Sequence[int]], labels: Sequence[str], names: Sequence[str], limit: Sequence[int], every: int
) -> Bars:
    """``labels``: one a day, every ``every``-th is written below; ``limit``: the most that can be done on each day."""
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    most = max((*limit, *(value for one in series for value in one)), default=0) or 1
    step = next((one for one in STEPS if most / one <= 5), -(-most // 5))
    high = -(-most // step) * step
    room = (right - LEFT) / max(len(labels), 1)
    wide = room * (1 - GAP) / max(len(series), 1)

    def down(value: float) -> float:
        return round(bottom - value * (bottom - TOP) / high, 1)

    found = [
        Bar(
            x=round(LEFT + day * room + room * GAP / 2 + number * wide, 1),
            y=down(value),
            width=round(max(wide - 0.6, 0.6), 1),
            height=round(bottom - down(value), 1),
            series=number,
            label=f"{labels[day]} {names[number]} {value:,}",
        )
        for number, one in enumerate(series)
        for day, value in enumerate(one)
        if value
    ]
    stepped: list[str] = []
    for day, value in enumerate(limit):
        x = round(LEFT + day * room, 1)
        stepped.append(f"{'L' if stepped else 'M'}{x} {down(value)}H{round(x + room, 1)}")
    return Bars(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=right,
        bottom=bottom,
        bars=found,
        ticks=[Tick(down(value), f"{value:,}") for value in range(0, high + 1, step)],
        days=[Tick(round(LEFT + (day + 0.5) * room, 1), label) for day, label in enumerate(labels) if day % every == 0],
        capacity="".join(stepped),
    )

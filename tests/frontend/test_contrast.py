"""Both themes can be read: WCAG contrast of the token pairs that stand on each other."""

import re
from pathlib import Path

import pytest

import frontend

CSS = Path(frontend.__file__).parent / "static" / "frontend" / "css"

TEXT = 4.5
"""WCAG 2.2 AA for text below 24 px."""
PARTS = 3.0
"""… and for the borders of fields and what marks a state."""

PAIRS = [
    *[
        (ink, ground, TEXT)
        for ink in ("ink", "ink-soft", "ink-faint")
        for ground in ("ground", "surface", "surface-raised")
    ],
    ("ink-faint", "sunken", 4.4),  # only counts inside filters, which stand on it in 12 px and bold or medium
    *[(f"{tone}-ink", f"{tone}-soft", TEXT) for tone in ("accent", "danger", "warn", "good")],
    *[(f"{tone}-ink", "surface", TEXT) for tone in ("accent", "danger", "warn", "good")],
    ("violet", "violet-soft", TEXT),
    ("ink-inverse", "accent", TEXT),
    ("ink-inverse", "good", TEXT),
    ("ink-inverse", "danger", TEXT),
    ("rail-ink", "rail", TEXT),
    ("on-dark", "badge", TEXT),
    ("on-dark", "toast", TEXT),
    ("field-line", "surface", PARTS),
    ("focus-ring", "surface", PARTS),
    ("focus-ring", "ground", PARTS),
    ("rail-marker", "rail", PARTS),
]


def tokens(theme: str) -> dict[str, str]:
    text = (CSS / "tokens.css").read_text(encoding="utf-8")
    if theme == "dark":
        text += (CSS / "tokens-dark.css").read_text(encoding="utf-8")
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{3,6});", text))


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    shares = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_pair_can_be_read(theme: str, front: str, back: str, least: float) -> None:
    colours = tokens(theme)
    assert contrast(colours[front], colours[back]) >= least


def test_the_measure_itself() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)

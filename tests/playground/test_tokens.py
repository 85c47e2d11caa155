"""Contrast of the tokens, computed from the stylesheet itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).parents[2] / "playground/styles/tokens.css").read_text(encoding="utf-8")
FOREGROUND = ("text", "muted", "accent", "run", "done", "sleep", "wait", "fail")
Colour = tuple[float, float, float]


def token(name: str, theme: int) -> Colour:
    found = re.search(rf"--{name}: light-dark\((#\w{{6}}), (#\w{{6}})\)", TOKENS)
    assert found, name
    value = found[theme + 1]
    return tuple(int(value[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]


def mix(over: Colour, under: Colour, share: float) -> Colour:
    return tuple(a * share + b * (1 - share) for a, b in zip(over, under, strict=True))  # type: ignore[return-value]


def luminance(colour: Colour) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["ground", "raised"])
@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("name", FOREGROUND)
def test_a_foreground_passes_on_its_ground_and_on_its_own_tint(name: str, theme: int, ground: str) -> None:
    colour, under = token(name, theme), token(ground, theme)
    assert contrast(colour, under) >= 4.5
    assert contrast(colour, mix(colour, under, 0.12)) >= 4.5


@pytest.mark.parametrize("theme", [0, 1])
def test_edges_of_controls_and_the_label_of_run_can_be_seen(theme: int) -> None:
    for ground in ("ground", "raised"):
        assert contrast(token("control", theme), token(ground, theme)) >= 3
    assert contrast(token("on-accent", theme), token("accent", theme)) >= 4.5


def test_tints_are_twelve_per_cent() -> None:
    assert re.search(r"--tint: 12%;", TOKENS)

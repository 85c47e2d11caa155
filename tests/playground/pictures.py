"""Screenshots against those that are kept: `python -m tests.playground.pictures` or `make baselines` takes them anew.

A picture is kept with few colours. Two pictures are the same when no pixel lies outside of what the kept one has
within one pixel around it, give or take what smoothing of edges and the few colours make of it: text that a newer
browser smooths otherwise is the same, a button that has moved is not.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter
from playwright.sync_api import Page

KEPT = Path(__file__).with_name("looks")
FONTS = KEPT / "fonts.json"
TAKING = bool(os.environ.get("BASELINES"))
COLOURS = 64
TOLERANCE = 40  # of 255 in each channel, beyond what the surroundings of a pixel have
MOST_PIXELS = 40  # that may lie outside: less than a letter
MEASURE = """() => {
  const family = name => getComputedStyle(document.documentElement).getPropertyValue(name);
  const context = document.createElement('canvas').getContext('2d');
  return [`14px ${family('--sans')}`, `600 20px ${family('--sans')}`, `13px ${family('--mono')}`].map(font => {
    context.font = font;
    return Math.round(context.measureText('Run it. Kill it. 0123456789 ↺ ×').width * 100);
  }).join(' ');
}"""


def fonts(page: Page) -> str:
    """Return what tells the fonts of one machine from those of another: how wide they set a text."""
    return str(page.evaluate(MEASURE))


def compare(page: Page, name: str) -> list[str]:
    """Hold the page against the picture of that name; return what is different."""
    taken = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    path = KEPT / f"{name}.png"
    if TAKING:
        _keep(taken, path, fonts(page))
        return []
    if not path.exists():
        return [f"there is no picture {path.name}: make baselines takes it"]
    outside = pixels_outside(Image.open(path).convert("RGB"), taken)
    if outside <= MOST_PIXELS:
        return []
    there = Path(os.environ.get("LOOKS", "build/looks"))
    there.mkdir(parents=True, exist_ok=True)
    taken.save(there / path.name)
    return [f"{path.name}: {outside} pixels are different; what it looks like now is {there / path.name}"]


def same_fonts(page: Page) -> bool:
    """Tell whether the pictures were taken with the fonts that this machine has."""
    return TAKING or (FONTS.exists() and json.loads(FONTS.read_text(encoding="utf-8")) == fonts(page))


def skip_with_other_fonts(page: Page) -> None:
    """End a test that has looked at everything but the pictures, and say why."""
    if not same_fonts(page):
        pytest.skip("the pictures were taken with other fonts than this machine has: make baselines takes them anew")


def pixels_outside(kept: Image.Image, taken: Image.Image) -> int:
    """Count the pixels that are unlike everything within one pixel in the other picture, both ways."""
    if kept.size != taken.size:
        return kept.size[0] * kept.size[1]
    return max(_outside(kept, taken), _outside(taken, kept))


def _outside(one: Image.Image, other: Image.Image) -> int:
    low, high = one.filter(ImageFilter.MinFilter(3)), one.filter(ImageFilter.MaxFilter(3))
    below, above = ImageChops.subtract(low, other), ImageChops.subtract(other, high)
    worst = ImageChops.lighter(below, above)
    bands = [band.point(lambda value: 255 if value > TOLERANCE else 0) for band in worst.split()]
    marked = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return int(marked.histogram()[255])


def _keep(taken: Image.Image, path: Path, measured: str) -> None:
    """Write a picture, unless the one that is there is the same."""
    FONTS.write_text(json.dumps(measured) + "\n", encoding="utf-8")
    if path.exists() and pixels_outside(Image.open(path).convert("RGB"), taken) == 0:
        return
    few = taken.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def main() -> int:
    """Take every picture anew."""
    tests = [f"tests/playground/test_{name}.py" for name in ("looks", "states", "storage", "space", "tabs")]
    command = [sys.executable, "-m", "pytest", "-q", "--timeout=300", *tests]
    return subprocess.run(command, env={**os.environ, "BASELINES": "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

"""Charts as inline SVG in the design's colours, each with the same in words or numbers beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .figures import ENDS, Minute
from .html import Html, h, join
from .icons import tone

WIDTH, HEIGHT, GAP = 600, 120, 2  # of the drawing's own units; it is as wide as its place


def share_bar(parts: Mapping[str, int], most: int) -> Html:
    """Return a bar of as many pieces as there are states; `most` fills it. Decoration of the numbers beside it."""
    pieces = [
        h("span", {"class": tone(state), "style": f"inline-size:{100 * part / max(1, most):.2f}%"})
        for state, part in parts.items()
        if part
    ]
    return h("span", {"class": "share", "aria-hidden": "true"}, *pieces)


def length_bar(values: Sequence[int], most: int) -> Html:
    """Return a line from the first of ascending values to the last, with a mark at each."""
    places = [100 * value / max(1, most) for value in values]
    line = {"class": "reach", "style": f"inset-inline-start:{places[0]:.2f}%;inline-size:{places[-1] - places[0]:.2f}%"}
    marks = [h("i", {"style": f"inset-inline-start:{place:.2f}%"}) for place in places]
    return h("span", {"class": "lengths", "aria-hidden": "true"}, h("span", line), *marks)


def minutes_chart(minutes: Sequence[Minute], sentence: str) -> Html:
    """Return a bar for each minute: the runs that ended, by how; and as a line the steps that finished."""
    most, steps = max(1, *(minute.ended for minute in minutes)), max(1, *(minute.steps for minute in minutes))
    wide = WIDTH / len(minutes)
    bars = [_bar(minute, at * wide, wide, most) for at, minute in enumerate(minutes)]
    heights = (HEIGHT * (1 - minute.steps / steps) for minute in minutes)
    points = " ".join(f"{(at + 0.5) * wide:.1f},{height:.1f}" for at, height in enumerate(heights))
    box = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "preserveAspectRatio": "none", "role": "img", "aria-label": sentence}
    return h("svg", {"class": "minutes", **box}, *bars, h("polyline", {"points": points, "class": "tone-run"}))


def _bar(minute: Minute, x: float, wide: float, most: int) -> Html:
    bottom, parts = float(HEIGHT), []
    for state in ENDS:
        tall = getattr(minute, state) / most * HEIGHT
        if tall:
            bottom -= tall
            place = {"x": f"{x + GAP / 2:.1f}", "y": f"{bottom:.1f}", "width": f"{wide - GAP:.1f}"}
            parts.append(h("rect", {**place, "height": f"{tall:.1f}", "class": tone(state)}))
    return join(*parts)

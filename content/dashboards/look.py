"""Where the styles and the timeline's component come from: beside this package, or the built site of the repository."""

from __future__ import annotations

from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
NAME = "workflow-timeline"
PLACES = (HERE, HERE.parents[1] / "dist" / "timeline")


@cache
def timeline_script() -> str:
    """Return the module that defines `<workflow-timeline>`.

    Raises:
        FileNotFoundError: it has not been built.
    """
    return _built(f"{NAME}.js")


@cache
def styles() -> str:
    """Return the style sheet of a part: the design's tokens, the timeline's rules and those of the dashboards.

    A part is light or dark like the page it stands on.
    """
    shared = _built(f"{NAME}.css").replace("color-scheme:light dark;", "").replace(":root", ":host")
    return f"{shared}\n{(HERE / 'dashboard.css').read_text(encoding='utf-8')}"


@cache
def page_styles() -> str:
    """Return the style sheet of a page that holds nothing but dashboards."""
    return f"{_built(f'{NAME}.css')}\n{(HERE / 'page.css').read_text(encoding='utf-8')}"


def _built(name: str) -> str:
    for place in PLACES:
        if (place / name).is_file():
            return (place / name).read_text(encoding="utf-8")
    raise FileNotFoundError(
        f"{name} is not built yet: run `make build` first. Looked in {', '.join(map(str, PLACES))}."
    )

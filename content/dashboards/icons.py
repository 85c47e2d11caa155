"""Icons of the playground, as markup: 16 px, decoration beside the word that says what they mean."""

from __future__ import annotations

from .html import Html, h

PATHS = {
    "queued": "M8 3.25a4.75 4.75 0 1 0 0 9.5a4.75 4.75 0 1 0 0-9.5",
    "running": "M8 2.75a5.25 5.25 0 1 0 5.25 5.25 M8 2.75v5.25h5.25",
    "complete": "M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5 M5.1 8.2l2 2 3.8-4.2",
    "sleeping": "M12.9 9.6A5.4 5.4 0 0 1 6.4 3.1a5.4 5.4 0 1 0 6.5 6.5Z",
    "waiting": "M2 4h12v8.5H2Z M2.3 4.4 8 9l5.7-4.6",
    "retrying": "M13 6.2A5.3 5.3 0 1 0 13.2 9 M13.3 2.9v3.5H9.8",
    "errored": "M5.4 1.75h5.2l3.65 3.65v5.2l-3.65 3.65H5.4L1.75 10.6V5.4Z M5.8 5.8l4.4 4.4 M10.2 5.8l-4.4 4.4",
    "terminated": "M3.25 3.25h9.5v9.5h-9.5Z",
    "paused": "M5.5 3.5v9 M10.5 3.5v9",
    "logo": "M8 1.5 14.5 8 8 14.5 1.5 8Z M5.2 8h1.6l1.2-2.6 1.6 5.2L10.8 8",
    "chevron": "M4.5 6.5 8 10l3.5-3.5",
    "warning": "M8 2.25 14.5 13.5h-13Z M8 6.5v3.2 M8 11.6v.1",
}
ALIASES = {"pausing": "paused"}


def icon(name: str) -> Html:
    """Return an icon."""
    box = {"class": "icon", "viewBox": "0 0 16 16", "width": 16, "height": 16, "aria-hidden": "true"}
    return h("svg", box, h("path", {"d": PATHS[ALIASES.get(name, name)]}))


def tone(state: str) -> str:
    """Return the class that gives a state its colour."""
    return f"tone-{ALIASES.get(state, state)}"

"""Checks markup in the docs: well-formed, and every attribute is one that the element or the frame knows."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from tests.docs.pages import ROOT

EMBED = ROOT / "playground" / "embed"
HTML = {"id", "class", "hidden", "style"}
FRAME = {"src", "width", "height", "title", "sandbox", "loading", "allow"}
SANDBOX = {"allow-scripts", "allow-same-origin", "allow-popups", "allow-downloads"}
QUERY = {"embed": {"1"}, "view": {"run", "code", "both"}, "theme": {"auto", "light", "dark"}, "example": None}


def attributes() -> set[str]:
    """Return the attributes that <dynamic-workflow> reads, from its sources."""
    texts = [path.read_text(encoding="utf-8") for path in EMBED.glob("*.js")]
    read = {name for text in texts for name in re.findall(r"getAttribute\('([\w-]+)'\)", text)}
    styled = set(re.findall(r":host\(\[(\w+)", (EMBED / "embed.css").read_text(encoding="utf-8")))
    return read | styled


class Markup(HTMLParser):
    """Reads a block and notes what is wrong in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.wrong += [f"<{tag}> is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check a tag's attributes."""
        self._open.append(tag)
        given = dict(attrs)
        known = {"dynamic-workflow": attributes(), "iframe": FRAME, "script": {"async", "src", "type"}}.get(tag, set())
        self.wrong += [f"<{tag}> has no {name}" for name in given if name not in known | HTML]
        if tag == "iframe":
            self._frame(given)

    def _frame(self, given: dict[str, str | None]) -> None:
        self.wrong += [f"{flag} is not needed" for flag in set((given.get("sandbox") or "").split()) - SANDBOX]
        query = (given.get("src") or "").partition("?")[2].partition("#")[0]
        for name, _, value in (part.partition("=") for part in query.split("&") if part):
            allowed = QUERY.get(name, set())
            if allowed is not None and value not in allowed:
                self.wrong.append(f"?{name}={value} is nothing")

    def handle_endtag(self, tag: str) -> None:
        """Check that a tag closes the last open one."""
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")

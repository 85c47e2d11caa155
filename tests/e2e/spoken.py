"""What the live region says while the script goes on, against the list in `spoken.txt`.

At most one sentence is said in three seconds and the newest wins, so how fast the machine is decides which sentences
are overtaken. Those that somebody waits for at a stop of the script are always said; a line that begins with "?" may
be missing. Nothing is ever said that is not in the list, and its order is that of the script.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.e2e.story import LONG, Stop

KEPT = Path(__file__).with_name("spoken.txt")
QUIET = 2_900  # ms between two sentences, at least
AWAITED = {
    "recorded": "Recorded run. Press Run to make your own.",
    "waiting": 'Waiting for "approve"',
    "sleeping": "Sleeping until",
    "complete": "Complete.",
    "copied": "Copied.",
}
LISTEN = """(() => {
    if (window !== top) return; // frames of sandboxes say nothing
    const said = JSON.parse(sessionStorage.getItem('said') ?? '[]');
    let last = '';
    new MutationObserver(() => {
        const text = document.querySelector('#live')?.textContent.trim() ?? '';
        if (text === last) return;
        last = text;
        if (text) said.push([Date.now(), text, performance.timeOrigin]);
        sessionStorage.setItem('said', JSON.stringify(said)); // over the reload
    }).observe(document, {childList: true, characterData: true, subtree: true});
})()"""
VARYING = [
    (re.compile(r"[\d.]+ of [\d.]+ MB"), "… of … MB"),
    (re.compile(r"until [^.]+\.$"), "until …."),
    (re.compile(r"in \d+ s\b"), "in … s"),
]


class Spoken:
    """Listens to a page from its first moment on."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._before = 0  # sentences said when Run was pressed
        self._late: list[slice] = []  # what was said of runs in which the kill came too late
        page.add_init_script(LISTEN)

    def look(self, stop: Stop) -> None:
        """Wait until the sentence of a stop has been said, as somebody does who listens."""
        if stop.name in AWAITED:
            script = (
                "words => JSON.parse(sessionStorage.getItem('said') ?? '[]').some(([, text]) => text.includes(words))"
            )
            self._page.wait_for_function(script, arg=AWAITED[stop.name], timeout=LONG * 1000)

        if stop.name == "run":
            self._before = len(self._said())
        elif stop.name == "late":
            self._late.append(slice(self._before, len(self._said())))

    def _said(self) -> list[Any]:
        return list(self._page.evaluate("JSON.parse(sessionStorage.getItem('said') ?? '[]')"))

    def compare(self) -> None:
        """Hold what was said against the list."""
        said = self._said()
        gaps = [
            after[0] - before[0] for before, after in pairwise(said) if before[2] == after[2]
        ]  # each load begins anew
        assert min(gaps) > QUIET, said
        for late in reversed(self._late):
            del said[late]
        lines = [told(text) for _, text, _ in said]
        wrong = differences(lines, KEPT.read_text(encoding="utf-8").splitlines())
        assert not wrong, "\n".join([*wrong, "", "what was said:", *lines])


def told(text: str) -> str:
    """Return a sentence without its times and sizes."""
    for pattern, instead in VARYING:
        text = pattern.sub(instead, text)
    return text.strip()


def differences(lines: list[str], kept: list[str]) -> list[str]:
    """Return what was said and is not in the list at its place, and what nobody said and is in the list."""
    found, place = [], 0
    for line in lines:
        after = next((n for n in range(place, len(kept)) if kept[n].removeprefix("? ") == line), None)
        if after is None:
            found.append(f"said: {line}")
            continue
        found += [f"not said: {missed}" for missed in kept[place:after] if not missed.startswith("? ")]
        place = after + 1
    return [*found, *(f"not said: {missed}" for missed in kept[place:] if not missed.startswith("? "))]

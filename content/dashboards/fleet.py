"""The fleet overview: `view(platform)` shows all runs of a store, and follows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn

from dynamic_workflows.notebook import Connection

from . import figures, words
from . import fleet_parts as parts
from .html import h, join
from .icons import icon
from .live import Follower
from .part import Part

PAGE = 20  # runs that are listed at first, and that each press of More adds
USAGE_SECONDS = 30  # between two measurements of what each tenant takes: it reads everything stored

Open = Callable[[Mapping[str, Any]], None]


class Fleet:
    """What is shown of a fleet. `panel` is its view."""

    def __init__(self, platform: Connection, opened: Open | None = None) -> None:
        self._platform, self._opened = platform, opened
        self._state, self._limit, self._window = "", PAGE, figures.Window()
        self._usage: tuple[int, list[dict[str, Any]]] = (0, [])
        names = ("head", "tiles", "tenants", "throughput", "ahead", "latency", "storage", "runs")
        self._parts = {name: Part(self._act) for name in names}
        self._parts["head"].show(_head(None))
        two = [
            pn.Row(self._parts[a], self._parts[b], sizing_mode="stretch_width") for a, b in (("throughput", "ahead"),)
        ]
        rest = [self._parts[name] for name in ("latency", "storage", "runs")]
        tops = [self._parts[name] for name in ("head", "tiles", "tenants")]
        self.panel = pn.Column(*tops, *two, *rest, sizing_mode="stretch_width", css_classes=["dashboard"])
        self._follower = Follower(platform, self.read, self._told)

    def start(self) -> None:
        """Begin to follow."""
        self._follower.start()

    def stop(self) -> None:
        """Follow no more."""
        self._follower.stop()

    async def read(self) -> None:
        """Read everything that is shown, and show it."""
        overview = await self._platform.overview(within=figures.AHEAD)
        self._window.take(await self._platform.activity(after=self._window.pos))
        await self._measure(overview["now"])
        states = figures.by_state(overview["runs"])
        chosen = [self._state] if self._state else None
        found = [run.summary for run in await self._platform.find(states=chosen, limit=self._limit)]
        self._show(overview, states, found)

    def _show(self, overview: Mapping[str, Any], states: Mapping[str, int], found: list[dict[str, Any]]) -> None:
        now, total = overview["now"], states.get(self._state, 0) if self._state else sum(states.values())
        shown = {
            "tiles": parts.tiles(states, self._state),
            "tenants": parts.tenants(figures.by_tenant(overview["runs"]), list(states)),
            "throughput": parts.throughput(figures.throughput(self._window.rows, now), self._window.since),
            "ahead": parts.ahead(figures.ahead(overview["due"]["within"]), overview["due"]["next"]),
            "latency": parts.latency(figures.latencies(self._window.attempts)),
            "storage": parts.storage(overview["storage"], self._usage[1]),
            "runs": parts.runs(found, total),
        }
        for name, html in shown.items():
            self._parts[name].show(html)

    async def _measure(self, now: int) -> None:
        if now - self._usage[0] >= USAGE_SECONDS * 1_000:
            self._usage = now, (await self._platform.usage())["tenants"]

    def _told(self, error: Exception | None) -> None:
        self._parts["head"].show(_head(error))

    async def _act(self, message: Mapping[str, Any]) -> None:
        if message["act"] == "open" and self._opened is not None:
            self._opened(message)
        elif message["act"] == "filter":
            self._state, self._limit = message["state"], PAGE
            await self.read()
        elif message["act"] == "more":
            self._limit += PAGE
            await self.read()


def _head(error: Exception | None) -> Any:
    status = words.LIVE if error is None else words.LOST.format(why=error)
    tone = "tone-done" if error is None else "tone-fail"
    return h(
        "header",
        {"class": "head"},
        h("h1", None, icon("logo"), words.FLEET),
        join(h("span", {"class": f"live {tone}", "role": "status"}, status)),
    )


def view(platform: Connection, *, opened: Open | None = None) -> pn.viewable.Viewable:
    """Return the overview of all runs that a connection reaches; it follows them for as long as it is shown.

    Args:
        opened: is told which run the reader chose; without it the choice opens its address.
    """
    fleet = Fleet(platform, opened)
    fleet.start()
    return fleet.panel

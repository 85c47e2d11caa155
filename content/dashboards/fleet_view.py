"""The fleet overview: all runs of a store, followed as they go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dynamic_workflows.notebook import Connection

from . import figures
from . import fleet_parts as parts
from .live import Follower
from .part import Part, flowing

PAGE = 20  # runs that are listed at first, and that each press of the button adds
MINUTES = 60
USAGE_SECONDS = 30  # between two measurements of what each tenant takes: it reads everything stored

Open = Callable[[Mapping[str, Any]], None]


class Fleet:
    """What is shown of a fleet. `panel` is its view."""

    def __init__(self, platform: Connection, opened: Open) -> None:
        self._platform, self._opened = platform, opened
        self._state, self._limit, self._window = "", PAGE, figures.Window()
        self._usage: tuple[int, list[dict[str, Any]]] = (0, [])
        whole, half = ("head", "tiles", "tenants", "latency", "runs"), ("throughput", "ahead", "retries", "storage")
        self._parts = {
            **{name: Part(self.act) for name in whole},
            **{name: Part(self.act, wide=False) for name in half},
        }
        order = ("head", "tiles", "throughput", "ahead", "tenants", "latency", "retries", "storage", "runs")
        self.panel = flowing([self._parts[name] for name in order])
        self._told(None, known=False)
        self._follower = Follower(platform, self.panel, self.read, self._told)

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
        if overview["now"] - self._usage[0] >= USAGE_SECONDS * 1_000:
            self._usage = overview["now"], (await self._platform.usage())["tenants"]
        chosen = [self._state] if self._state else None
        found = [run.summary for run in await self._platform.find(states=chosen, limit=self._limit)]
        for name, html in self._drawn(overview, found).items():
            self._parts[name].show(html)

    def _drawn(self, overview: Mapping[str, Any], found: list[dict[str, Any]]) -> dict[str, Any]:
        states, now = figures.by_state(overview["runs"]), overview["now"]
        steps, covered = figures.latencies(self._window.attempts), parts.covered(self._window.since, now)
        total = states.get(self._state, 0) if self._state else sum(states.values())
        waiting = states.get("retrying", 0)
        return {
            "tiles": parts.tiles({**states, **({self._state: 0} if self._state and not total else {})}, self._state),
            "tenants": parts.tenants(figures.by_tenant(overview["runs"]), list(states)),
            "throughput": parts.throughput(figures.throughput(self._window.rows, now, MINUTES)),
            "ahead": parts.ahead(figures.ahead(overview["due"]["within"]), overview["due"]["next"]),
            "latency": parts.latency(steps, covered),
            "retries": parts.retries(steps, waiting, covered),
            "storage": parts.storage(overview["storage"], self._usage[1]),
            "runs": parts.runs(found, total, filtered=bool(self._state)),
        }

    def _told(self, error: Exception | None, *, known: bool = True) -> None:
        place, read_only = self._platform.place, self._platform.read_only
        self._parts["head"].show(parts.head(place, read_only=read_only, known=known, error=error))

    async def act(self, message: Mapping[str, Any]) -> None:
        """Do what the reader asked for."""
        if message["act"] == "open":
            self._opened(message)
        elif message["act"] == "filter":
            self._state, self._limit = message["state"], PAGE
            await self._follower.now()
        elif message["act"] == "more":
            self._limit += PAGE
            await self._follower.now()

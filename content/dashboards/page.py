"""Both views on one page: the fleet, and of a run that is chosen its own; the address says which."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import panel as pn

from dynamic_workflows.notebook import Connection

from .fleet import Fleet
from .instance import Run

Attach = Callable[[], Awaitable[Connection]]


class Page:
    """The page. `panel` is what is served; `start` attaches to the engine and follows it."""

    def __init__(self, attach: Attach) -> None:
        self._attach = attach
        self._platform: Connection | None = None
        self._shown: Fleet | Run | None = None
        self.panel = pn.Column(sizing_mode="stretch_width", margin=0)

    async def start(self) -> None:
        """Attach and show what the address asks for."""
        self._platform = await self._attach()
        query = pn.state.location.query_params if pn.state.location is not None else {}
        if query.get("run"):
            self._run({"tenant": query.get("tenant"), "run": str(query["run"])})
        else:
            self._fleet()

    def _fleet(self) -> None:
        assert self._platform is not None
        self._put(Fleet(self._platform, self._run), {})

    def _run(self, which: Mapping[str, Any]) -> None:
        assert self._platform is not None
        address = {name: which[name] for name in ("tenant", "run") if which.get(name)}
        self._put(Run(self._platform, address["run"], address.get("tenant"), self._fleet), address)

    def _put(self, shown: Fleet | Run, address: Mapping[str, str]) -> None:
        if self._shown is not None:
            self._shown.stop()
        self._shown = shown
        self.panel.objects = [shown.panel]
        if pn.state.location is not None:
            pn.state.location.search = f"?{urlencode(address)}" if address else ""
        shown.start()

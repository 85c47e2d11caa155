"""What dashboards are made of: a part that shows markup, and the timeline of a run."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import panel as pn
import param

from .html import Html
from .look import styles, timeline_script

HERE = Path(__file__).parent
Act = Callable[[Mapping[str, Any]], Awaitable[None] | None]


class _Part(pn.custom.JSComponent):
    """Hands what the reader does to `act`."""

    __abstract = True

    def __init__(self, act: Act | None = None, **params: Any) -> None:
        super().__init__(sizing_mode="stretch_width", stylesheets=[styles()], margin=0, **params)
        self._act = act

    def _handle_msg(self, message: Mapping[str, Any]) -> None:
        done = self._act(message) if self._act is not None else None
        if inspect.isawaitable(done):
            pn.state.execute(lambda: done)


class Part(_Part):
    """Shows markup; what it has as `data-act` comes back as a message when it is pressed or submitted."""

    html = param.String()
    _esm = (HERE / "part.js").read_text(encoding="utf-8")

    def show(self, html: Html) -> None:
        """Show other markup. Nothing is sent where it is the same."""
        if html != self.html:
            self.html = str(html)


class Timeline(_Part):
    """`<workflow-timeline>`: the one that the playground, embeds and notebooks have."""

    source = param.String()
    run = param.Dict(default={}, doc="what `<workflow-timeline>` takes as data")
    logs = param.List(default=[])
    _esm = (HERE / "timeline.js").read_text(encoding="utf-8")

    def __init__(self, act: Act | None = None) -> None:
        super().__init__(act, source=timeline_script())

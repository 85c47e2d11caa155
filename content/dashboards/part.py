"""What dashboards are made of: a part that shows markup, and the timeline of a run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param

from .html import Html, h
from .look import styles, timeline_script
from .markup import banner

HERE = Path(__file__).parent
Act = Callable[[Mapping[str, Any]], Awaitable[None]]


def _script(name: str) -> str:
    """Return a part's script with the one that it imports in it."""
    greet, own = ((HERE / file).read_text(encoding="utf-8") for file in ("greet.js", name))
    return greet.replace("export ", "") + own.replace("import {greet} from './greet.js';\n", "")


class _Part(pn.custom.JSComponent):  # type: ignore[misc]  # Panel has no types
    """Hands what the reader does to `act`, and tells the page what to show once that can hear."""

    __abstract = True
    _shown: ClassVar[tuple[str, ...]]  # what the page draws

    def __init__(self, act: Act | None = None, **params: Any) -> None:
        super().__init__(sizing_mode="stretch_width", stylesheets=[styles()], margin=0, **params)
        self._act = act

    async def _handle_msg(self, message: Mapping[str, Any]) -> None:
        if message["act"] == "greet":
            self._send_msg({name: getattr(self, name) for name in self._shown})
        elif self._act is not None:
            await self._act(message)


class Part(_Part):
    """Shows markup; what it has as `data-act` comes back as a message when it is pressed or submitted."""

    html = param.String()
    _esm = _script("part.js")
    _shown = ("html",)

    def __init__(self, act: Act | None = None, *, wide: bool = True) -> None:
        """Show nothing yet. A part that is not `wide` shares its line with another where there is room for two."""
        super().__init__(act, styles=_flex("100%" if wide else "440px"))

    def show(self, html: Html) -> None:
        """Show other markup. Nothing is sent where it is the same."""
        if html != self.html:
            self.html = str(html)


class Timeline(_Part):
    """`<workflow-timeline>`: the one that the playground, embeds and notebooks have."""

    source = param.String()
    run = param.Dict(default={}, doc="what `<workflow-timeline>` takes as data")
    logs = param.List(default=[])
    _esm = _script("timeline.js")
    _shown = ("run", "logs")

    def __init__(self, act: Act | None = None) -> None:
        super().__init__(act, source=timeline_script(), styles=_flex("100%"))


def _flex(basis: str) -> dict[str, str]:
    return {"flex": f"1 1 {basis}", "max-width": "100%", "align-self": "stretch", "height": "auto"}


def flowing(parts: Sequence[pn.viewable.Viewable]) -> pn.Row:
    """Return parts one behind the other, two on a line where they are not wide and there is room."""
    lines = {"flex-wrap": "wrap", "gap": "16px", "align-items": "stretch"}
    return pn.Row(*parts, styles=lines, sizing_mode="stretch_width", margin=0)


def failed(error: Exception) -> Part:
    """Return a part that says why nothing can be shown."""
    part = Part()
    part.show(h("header", {"class": "head"}, banner(str(error), "fail")))
    return part

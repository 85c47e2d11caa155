"""The dashboards' page: Python has the document, the page shows it, and each tells the other what changes in it.

What goes to and fro is Bokeh's own: a document as JSON, then patches. Panel does the same for the pages of its
command `panel convert`; those of its functions that are used here and begin with an underscore belong to it.
"""

from __future__ import annotations

import asyncio
import json
import runpy
import traceback
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

APP = "dashboards.app"


async def opened(address: str, failed: Callable[[str], None]) -> str:
    """Run the dashboards for a page, and return what it embeds: its documents, and where their roots go.

    Args:
        address: the parts of ``window.location``, as JSON.
        failed: hears the traceback of what goes wrong in a task that nobody waits for.
    """
    import param
    from panel.io.pyodide import init_doc, write_doc

    param.parameterized.async_executor = _Tasks(failed)
    init_doc()
    _locate(json.loads(address))
    runpy.run_module(APP)
    documents, items, _ = await write_doc()
    return f'{{"documents": {documents}, "items": {items}}}'


class _Tasks:
    """Runs what Panel starts, such as what an app does when it is loaded; without it, errors would end in silence."""

    def __init__(self, failed: Callable[[str], None]) -> None:
        self._failed = failed
        self._running: set[asyncio.Future[Any]] = set()

    def __call__(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        task = asyncio.ensure_future(work())
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Future[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed("".join(traceback.format_exception(error)))


def shown(tell: Any) -> None:
    """Tell the page, from now on, of every change of the document.

    Args:
        tell: a function of JavaScript that takes a patch and its buffers.
    """
    from panel.io.pyodide import _link_docs_worker
    from panel.io.state import state

    _link_docs_worker(state.curdoc, tell, setter="js")


def changed(patch: Any) -> None:
    """Take what the reader of the page has changed."""
    from panel.io.pyodide import _convert_json_patch
    from panel.io.state import state

    document: Any = state.curdoc
    document.apply_json_patch(_convert_json_patch(patch), setter="js")


def _locate(address: Mapping[str, str]) -> None:
    """Let the app read the page's address where it reads it under a server."""
    from panel.io.state import state
    from panel.util import edit_readonly

    location: Any = state.location
    with edit_readonly(location):
        location.param.update({name: value for name, value in address.items() if name in location.param})

"""The dashboards' page: Python has the document, the page shows it, and each tells the other what changes in it.

What goes to and fro is Bokeh's own: a document as JSON, then patches. Panel does the same for the pages of its
command `panel convert`; those of its functions that are used here and begin with an underscore belong to it.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Mapping
from typing import Any

APP = "dashboards.app"


async def opened(address: str) -> str:
    """Run the dashboards for a page, and return what it embeds: its documents, and where their roots go.

    Args:
        address: the parts of ``window.location``, as JSON.
    """
    from panel.io.pyodide import init_doc, write_doc

    init_doc()
    _locate(json.loads(address))
    runpy.run_module(APP)
    documents, items, _ = await write_doc()
    return f'{{"documents": {documents}, "items": {items}}}'


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

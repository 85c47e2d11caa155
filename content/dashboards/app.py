"""The page: `panel serve content/dashboards/app.py --args shop.sqlite`; the site's /dashboard/ runs it too.

A run is chosen by the address: `?tenant=acme&run=order-1`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import panel as pn

from dynamic_workflows.notebook import Connection, connect

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashboards.page import Page

STORE = sys.argv[1] if len(sys.argv) > 1 and sys.platform != "emscripten" else None


async def attach() -> Connection:
    """Return the connection to the engine of this site, or to the store that was named."""
    return await connect(STORE)


pn.extension()
page = Page(attach)
pn.state.onload(page.start)
page.panel.servable(area="main")

"""The page: `panel serve content/dashboards/app.py --args shop.sqlite`; the site's /dashboard/ runs it too.

A run is chosen by the address: `?tenant=acme&run=order-1`. A store that another process runs is shown and not changed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import panel as pn

from dynamic_workflows.notebook import Connection, connect
from dynamic_workflows.shared.errors import StoreLost, WorkflowError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashboards import look
from dashboards.part import failed
from dashboards.views import Views

STORE = sys.argv[1] if len(sys.argv) > 1 and sys.platform != "emscripten" else None


async def attach() -> Connection:
    """Return the connection to the engine of this site, or to the store that was named."""
    try:
        return await connect(STORE)
    except StoreLost:
        return await connect(STORE, read_only=True)


async def start() -> None:
    """Show what the address asks for, or why nothing can be shown."""
    try:
        views = Views(await attach(), addressed=True)
    except (WorkflowError, FileNotFoundError) as error:
        page.objects = [failed(error)]
        return
    asked = pn.state.location.query_params if pn.state.location is not None else {}
    if asked.get("run"):
        views.show_run(str(asked["run"]), None if asked.get("tenant") is None else str(asked["tenant"]))
    else:
        views.show_fleet()
    page.objects = [views.panel]


pn.extension(raw_css=[look.page_styles()])
page = pn.Column(sizing_mode="stretch_width", margin=0)
pn.state.onload(start)
page.servable(area="main", title="Fleet · Dynamic Workflows")

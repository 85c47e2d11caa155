"""One instance: `view(platform, name)` shows its timeline, its logs and its events, and what can be done to it."""

from __future__ import annotations

import panel as pn

from dynamic_workflows.notebook import Connection

from .views import Views


def view(platform: Connection, name: str, *, tenant: str | None = None) -> pn.viewable.Viewable:
    """Return the view of one instance; it follows it for as long as it is shown.

    Args:
        platform: what `connect()` returned.
        name: the instance's id.
        tenant: whose it is, where several tenants have an instance of that id; else the newest is shown.
    """
    views = Views(platform)
    views.show_run(name, tenant)
    return views.panel

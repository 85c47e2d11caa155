"""The fleet overview: `view(platform)` shows all runs that a connection reaches, and follows them."""

from __future__ import annotations

import panel as pn

from dynamic_workflows.notebook import Connection

from .views import Views


def view(platform: Connection) -> pn.viewable.Viewable:
    """Return the overview of all runs; a run that is chosen takes its place, with a way back.

    It follows the runs for as long as it is shown.
    """
    views = Views(platform)
    views.show_fleet()
    return views.panel

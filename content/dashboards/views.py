"""Both views in one place: the fleet, and of a run that is chosen its own. Where there is an address, it says which."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import panel as pn

from dynamic_workflows.notebook import Connection

from .fleet_view import Fleet
from .instance_view import Run


class Views:
    """Shows one of the views at a time in `panel`."""

    def __init__(self, platform: Connection, *, addressed: bool = False) -> None:
        """Show what `platform` reaches; `addressed` keeps the page's address in step."""
        self._platform, self._addressed = platform, addressed
        self._shown: Fleet | Run | None = None
        self.panel = pn.Column(sizing_mode="stretch_width", margin=0)

    def show_fleet(self) -> None:
        """Show all runs."""
        self._put(Fleet(self._platform, lambda chosen: self.show_run(chosen["run"], chosen["tenant"])), {})

    def show_run(self, id: str, tenant: str | None = None) -> None:
        """Show one run."""
        self._put(Run(self._platform, id, tenant, self.show_fleet), {"tenant": tenant, "run": id})

    def _put(self, shown: Fleet | Run, address: Mapping[str, str | None]) -> None:
        if self._shown is not None:
            self._shown.stop()
        self._shown = shown
        self.panel.objects = [shown.panel]
        if self._addressed and pn.state.location is not None:
            told = {name: value for name, value in address.items() if value is not None}
            pn.state.location.search = f"?{urlencode(told)}" if told else ""
        shown.start()

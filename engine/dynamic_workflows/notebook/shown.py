"""Displays of runs in Jupyter on CPython: what is shown of a run is drawn anew while the run goes on.

Where the site's extension is, it draws by itself and none of this is used. A terminal would print each picture below
the last one, so there a run is shown once.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.clocks import SystemEntropy
from dynamic_workflows.notebook.errors import NoEngine
from dynamic_workflows.shared.errors import InstanceNotFound
from dynamic_workflows.shared.limits import POLL_MS

if TYPE_CHECKING:
    from dynamic_workflows.notebook.instances import Instance

PAUSE = 0.1  # seconds between two pictures of one run
MOST = 8  # pictures of one run that are kept up: those displayed last


def shell_of_a_notebook() -> Any:
    """Return IPython's shell where this process is a notebook's kernel, whose displays can change; else None."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell if getattr(shell, "kernel", None) is not None else None


class Displays:
    """The pictures of one run."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._ids: list[str] = []
        self._added = 0
        self._drawn: dict[str, Any] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self) -> None:
        """Display the run, and keep what is displayed up until the run has ended."""
        id = SystemEntropy().instance_id()
        self._added += 1
        self._drawn = self._instance._repr_mimebundle_()
        self._ids = [*self._ids, id][-MOST:]
        _publish(self._drawn, id)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._follow())

    async def _follow(self) -> None:
        cursor, ended, seen = 0, False, 0
        try:
            while not ended or seen < self._added:  # one that was displayed again may have been restarted
                seen = self._added
                ended = (await self._instance._look())["ended"] is not None
                self._draw()
                await asyncio.sleep(PAUSE)
                if not ended:
                    cursor = (await self._instance._ask("events", cursor=cursor, wait=POLL_MS))["cursor"]
        except (NoEngine, InstanceNotFound):  # closed or deleted: the last picture stays
            return

    def _draw(self) -> None:
        picture = self._instance._repr_mimebundle_()
        if picture != self._drawn:
            self._drawn = picture
            for id in self._ids:
                _publish(picture, id, update=True)


def _publish(picture: dict[str, Any], id: str, *, update: bool = False) -> None:
    shell = shell_of_a_notebook()
    if shell is not None:
        shell.display_pub.publish(data=picture, metadata={}, transient={"display_id": id}, update=update)

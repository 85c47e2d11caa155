"""One instance: `view(platform, name)` shows its timeline, its logs and its events, and what can be done to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import panel as pn

from dynamic_workflows.notebook import Connection, Instance
from dynamic_workflows.shared.errors import WorkflowError

from . import instance_parts as parts
from .live import Follower
from .part import Part, Timeline
from .verbs import verbs_of


class Run:
    """What is shown of one instance. `panel` is its view."""

    def __init__(self, platform: Connection, id: str, tenant: str | None, back: Callable[[], None] | None) -> None:
        self._platform, self._id, self._tenant, self._back = platform, id, tenant, back
        self._instance: Instance | None = None
        self._refused = ""
        self._head, self._timeline, self._rest = Part(self._act), Timeline(self._act), Part(self._act)
        self._head.show(parts.reading(id))
        self.panel = pn.Column(
            self._head, self._timeline, self._rest, sizing_mode="stretch_width", css_classes=["dashboard"]
        )
        self._follower = Follower(platform, self.read, self._told)

    def start(self) -> None:
        """Begin to follow."""
        self._follower.start()

    def stop(self) -> None:
        """Follow no more."""
        self._follower.stop()

    async def read(self) -> None:
        """Read the run and show it."""
        instance = self._instance = self._instance or await self._found()
        if instance is None:
            self._head.show(parts.absent(self._id))
            return
        rows = await instance.history()
        logs, summary = await instance.logs(), instance.summary
        verbs = verbs_of(summary, rows)
        self._head.show(parts.head(summary, verbs, self._refused))
        actions = [name for name, verb in (("skip", "skip"), ("send", "send"), ("retry", "retry_now")) if verb in verbs]
        self._timeline.param.update(
            run={"id": instance.id, "rows": rows, "run": summary, "actions": actions}, logs=logs
        )
        self._rest.show(parts.rest(summary, rows, logs))

    async def _found(self) -> Instance | None:
        found = await self._platform.ask(
            "runs", id=self._id, **({} if self._tenant is None else {"tenant": self._tenant})
        )
        return Instance(self._platform, found[0]) if found else None

    def _told(self, error: Exception | None) -> None:
        if error is not None:
            self._head.show(parts.lost(self._id, error))

    async def _act(self, message: Mapping[str, Any]) -> None:
        act, self._refused = message["act"], ""
        if act == "back":
            if self._back is not None:
                self._back()
            return
        try:
            await self._done(act, message)
        except (WorkflowError, ValueError) as error:
            self._refused = str(error)
        await self.read()

    async def _done(self, act: str, message: Mapping[str, Any]) -> None:
        instance = self._instance
        assert instance is not None
        if act == "send":
            payload = message.get("payload") or "null"
            await instance.send_event({"type": message["type"], "payload": json.loads(payload)})
        elif act in ("pause", "resume", "terminate", "restart", "skip", "retry_now"):
            await getattr(instance, act)()
        elif act == "retry":
            await instance.retry_now()


def view(
    platform: Connection, name: str, *, tenant: str | None = None, back: Callable[[], None] | None = None
) -> pn.viewable.Viewable:
    """Return the view of one instance; it follows it for as long as it is shown.

    Args:
        name: the instance's id.
        tenant: whose it is, where several have an instance of that id; else the newest is shown.
        back: is called when the reader goes back to all runs; without it the address without a run is opened.
    """
    run = Run(platform, name, tenant, back)
    run.start()
    return run.panel

"""One instance: its timeline, its logs and its events, followed as they come, and what can be done to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from dynamic_workflows.notebook import Connection, Instance
from dynamic_workflows.shared.errors import InstanceNotFound, WorkflowError

from . import instance_parts as parts
from . import words
from .html import join
from .live import Follower
from .part import Part, Timeline, flowing
from .verbs import latest, verbs_of

PLAIN = ("pause", "resume", "restart", "terminate", "retry_now")  # verbs that need nothing but the run
ACTIONS = {"skip": "skip", "send": "send", "retry_now": "retry", "restart": "restart"}  # what the timeline calls them


class Run:
    """What is shown of one instance. `panel` is its view."""

    def __init__(self, platform: Connection, id: str, tenant: str | None, back: Callable[[], None]) -> None:
        self._platform, self._id, self._tenant, self._back = platform, id, tenant, back
        self._instance: Instance | None = None
        self._state: dict[str, Any] | None = None
        self._rows: list[dict[str, Any]] = []
        self._logs: list[dict[str, Any]] = []
        self._event: str | None = None
        self._refused = ""
        self._lost: Exception | None = None
        self._head, self._timeline, self._end = Part(self.act), Timeline(self.act), Part()
        self._logged, self._happened = Part(), Part()
        self._head.show(parts.plain(id, words.READING))
        self.panel = flowing([self._head, self._timeline, self._end, self._logged, self._happened])
        self._follower = Follower(platform, self.panel, self.read, self._told)

    def start(self) -> None:
        """Begin to follow."""
        self._follower.start()

    def stop(self) -> None:
        """Follow no more."""
        self._follower.stop()

    async def read(self) -> None:
        """Read what is new of the run and show it."""
        try:
            self._instance = self._instance or await self._found()
            state = self._state = await self._ask("history", after=self._rows[-1]["pos"] if self._rows else 0)
            self._rows += state["rows"]
            self._logs += await self._ask("logs", after=self._logs[-1]["pos"] if self._logs else 0)
        except InstanceNotFound:
            self._forget()
            self._head.show(parts.plain(self._id, words.NO_RUN))
        else:
            self._draw_head(state["run"])
            self._draw(state)

    def _forget(self) -> None:
        self._instance = self._state = None
        self._rows, self._logs = [], []
        self._timeline.param.update(run={}, logs=[])
        for part in (self._end, self._logged, self._happened):
            part.show(join())

    def _draw_head(self, run: Mapping[str, Any]) -> None:
        event, self._event = self._event, None  # opened once: what the reader does with the form is not undone
        verbs, place = self._verbs(run), self._platform.place
        self._head.show(parts.head(run, verbs, place=place, event=event, refused=self._refused, lost=self._lost))

    def _verbs(self, run: Mapping[str, Any]) -> list[str] | None:
        return None if self._platform.read_only else verbs_of(run, self._rows)

    def _draw(self, state: Mapping[str, Any]) -> None:
        run = state["run"]
        actions = [ACTIONS[verb] for verb in self._verbs(run) or () if verb in ACTIONS]
        shown = {"id": run["id"], "rows": list(self._rows), "run": run, "ledger": state["ledger"], "actions": actions}
        if shown != self._timeline.run:
            self._timeline.run = shown
        if len(self._logs) != len(self._timeline.logs):
            self._timeline.logs = list(self._logs)
        self._end.show(parts.end(run))
        self._logged.show(parts.logs(self._logs))
        self._happened.show(parts.events(run, latest(self._rows)))

    async def _found(self) -> Instance:
        whose = {} if self._tenant is None else {"tenant": self._tenant}
        found = await self._platform.ask("runs", id=self._id, limit=1, **whose)
        if not found:
            raise InstanceNotFound()
        return Instance(self._platform, found[0])

    async def _ask(self, verb: str, **args: Any) -> Any:
        instance = self._instance
        assert instance is not None
        which = {"tenant": instance.tenant, "workflow": instance.workflow, "id": instance.id}
        return await self._platform.ask(verb, **which, **args)

    def _told(self, error: Exception | None) -> None:
        self._lost = error
        if self._state is not None:
            self._draw_head(self._state["run"])
        elif error is not None:
            self._head.show(parts.plain(self._id, words.lost(error)))

    async def act(self, message: Mapping[str, Any]) -> None:
        """Do what the reader asked for."""
        act = message["act"]
        if act == "back":
            self._back()
            return
        self._refused, self._event = "", None
        try:
            await self._do(act, message)
        except WorkflowError as error:
            self._refused = error.message
        except json.JSONDecodeError as error:
            self._refused, self._event = words.payload_error(error), str(message["type"])
        await self._follower.now()

    async def _do(self, act: str, message: Mapping[str, Any]) -> None:
        instance = self._instance
        if instance is None:
            return
        if act == "send":
            payload = json.loads(message.get("payload") or "null")
            await instance.send_event({"type": message["type"], "payload": payload})
        elif act == "edit":
            self._event = str(message["type"])
        elif act == "restart" and message.get("from"):
            await instance.restart({"from": message["from"]})
        elif act == "skip":
            await instance.skip(message.get("key"))
        elif act == "retry":
            await self._ask("retry_now", key=message["key"])
        elif act in PLAIN:
            await getattr(instance, act)()

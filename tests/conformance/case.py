"""What a case of the conformance suite is: a tenant's module as text, and what is done to it from outside.

The suite says how workflows behave wherever their code runs: each case runs over every guest of ``guests.py``. To add
one, write a coroutine into a file of ``cases/`` (one file an area; a new file is found by itself) and decorate it:

    @case('''
    class Flow(WorkflowEntrypoint):
        async def run(self, event, step):
            await step.sleep("nap", "1 hour")
            return "rested"
    ''')
    async def a_sleeper_wakes_at_its_time(s: Stage) -> None:
        run = await s.create()
        await s.advance("59 minutes")
        assert await s.status(run) == "waiting"
        await s.advance("1 minute")
        assert await s.output(run) == "rested"

The function's name is the sentence it proves. ``source`` has the usual imports in front of it (``HEAD``). A driver uses
the ``Stage`` and the binding and handles it gives out, nothing else: no clock of its own, no look into engine or guest,
so that the same case can be driven from wherever that API is. After each case the derived tables are compared with
what history alone says. A case that a guest cannot run names that guest and the reason in ``not_over``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any

from dynamic_workflows.host.binding import Workflow, WorkflowInstance
from dynamic_workflows.testing import TestEngine

HEAD = """\
import asyncio
from datetime import datetime, timedelta

from workers import WorkflowEntrypoint
from workers.workflows import NonRetryableError

"""


class Stage:
    """What a driver acts on: one workflow, bound from source, and the time it lives in."""

    def __init__(self, engine: TestEngine, source: str) -> None:
        self.engine = engine
        self._name = "flow"
        engine.bind_source(self._name, source)

    @property
    def flow(self) -> Workflow:
        """The workflow's binding; a new one after a crash."""
        return self.engine.workflow(self._name)

    async def create(self, params: Any = None, **options: Any) -> str:
        """Create an instance, let everything happen that needs no time, and return its id."""
        made = await self.flow.create({**options, **({} if params is None else {"params": params})})
        await self.settle()
        return made.id

    async def handle(self, id: str) -> WorkflowInstance:
        """Return the handle of an instance; a new one after a crash."""
        return await self.flow.get(id)

    async def settle(self) -> None:
        """Let everything happen that needs no time."""
        await self.engine.settle()

    async def advance(self, duration: Any) -> None:
        """Let time pass: milliseconds, or text such as ``"1 day"``."""
        await self.engine.advance(duration)

    async def crash(self) -> None:
        """Lose engine and guests, and go on with what is stored."""
        await self.engine.settle()
        await self.engine.crash()
        await self.engine.settle()

    async def send(self, id: str, type: str, payload: Any = None) -> None:
        """Send an event and let everything happen that needs no time."""
        await (await self.handle(id)).send_event({"type": type, "payload": payload})
        await self.settle()

    async def status(self, id: str) -> str:
        """Return an instance's status."""
        return str((await (await self.handle(id)).status())["status"])

    async def output(self, id: str) -> Any:
        """Return what an instance's ``run`` returned; it has to be complete."""
        status = await (await self.handle(id)).status()
        assert status["status"] == "complete", status
        return status["output"]

    async def error(self, id: str) -> dict[str, str]:
        """Return the name and message of the error that ended an instance."""
        status = await (await self.handle(id)).status()
        assert status["status"] == "errored", status
        return dict(status["error"])

    async def kinds(self, id: str) -> list[str]:
        """Return an instance's history as short texts: kind, key and attempt."""
        return [
            " ".join(str(row[part]) for part in ("kind", "key", "attempt") if row[part] is not None)
            for row in await (await self.handle(id)).history()
            if row["kind"] != "engine_started"
        ]


Driver = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """One behaviour: the sentence, the tenant's module, what is done to it."""

    name: str
    source: str
    drive: Driver
    not_over: Mapping[str, str] = field(default_factory=dict)  # guest -> why it cannot run there


CASES: list[Case] = []


def case(source: str, *, not_over: Mapping[str, str] | None = None) -> Callable[[Driver], Driver]:
    """Add a driver to the suite, with the source it drives."""

    def add(drive: Driver) -> Driver:
        name = getattr(drive, "__name__", "").replace("_", " ")
        assert name not in [known.name for known in CASES], f"two cases are named {name!r}"
        CASES.append(Case(name, HEAD + dedent(source), drive, not_over or {}))
        return drive

    return add

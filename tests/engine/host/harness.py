"""A platform on a SQLite file, a set clock and guests in this process; it can be closed, crashed and opened again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from types import TracebackType
from typing import Any, Self

from dynamic_workflows.host.clocks import SeededEntropy, TestClock, passes
from dynamic_workflows.host.desk.verbs import Desk
from dynamic_workflows.host.engine import Limits
from dynamic_workflows.host.history.rebuild import derive, stored
from dynamic_workflows.host.history.sqlite import SqliteStore
from dynamic_workflows.host.history.streams import misplaced
from dynamic_workflows.host.protocols import Sandboxes
from dynamic_workflows.host.tenants.platform import Platform
from dynamic_workflows.in_process import InProcessSandboxes

HEAD = "from workers import WorkflowEntrypoint\nfrom workers.workflows import NonRetryableError\nimport asyncio\n\n"
SECOND, DAY = 1_000, 86_400_000


def flow(body: str, name: str = "Flow", head: str = "") -> str:
    """Return the source of a workflow class whose ``run`` has this body."""
    lines = "\n".join("        " + line if line else "" for line in dedent(body).strip("\n").splitlines())
    return (
        f"{HEAD}{dedent(head)}\n\nclass {name}(WorkflowEntrypoint):\n    async def run(self, event, step):\n{lines}\n"
    )


class Refused(Exception):
    """A request was answered with an error; ``record`` is that error."""

    def __init__(self, record: dict[str, Any]) -> None:
        super().__init__(f"{record['name']}: {record['message']}")
        self.record = record


class House:
    """One platform and everything around it."""

    def __init__(self, path: Path, *, world_delay: int = 0, limits: Limits | None = None, capacity: int = 8) -> None:
        self.path, self.world_delay, self.limits, self.capacity = path, world_delay, limits, capacity
        self.clock, self.entropy = TestClock(), SeededEntropy(7)
        self.events: list[dict[str, Any]] = []
        self._requests = 0

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self.settle()
            await self.check_derived()
        await self.close()

    async def open(self, store: SqliteStore | None = None) -> None:
        """Open the store, the engine and a desk."""
        self.store = store or SqliteStore(str(self.path))
        self.sandboxes = self.guests()
        self.platform = await Platform.open(
            self.store, clock=self.clock, entropy=self.entropy, sandboxes=self.sandboxes, limits=self.limits,
            world_delay=self.world_delay,
        )  # fmt: skip
        self.engine = self.platform.engine
        self.desk = Desk(self.platform)
        self.desk.watch(self._hear)

    def _hear(self, text: str) -> None:
        said = json.loads(text)
        self.events += said["events"] if said["event"] == "batch" else [said]

    def guests(self) -> Sandboxes:
        """Return where this house's guests live."""
        return InProcessSandboxes(self.clock, capacity=self.capacity)

    async def close(self) -> None:
        """Close in order."""
        await self.platform.close()

    async def crash(self, store: SqliteStore | None = None) -> None:
        """Lose everything that is not in the file, and open it (or ``store``) again."""
        await self.engine.scheduler.close()
        await self.engine.workers.close()
        await self.engine.core.stop()
        self.store.connection.close()
        await self.open(store)

    async def settle(self, rest: int = 200) -> None:
        """Let everything that needs no time happen."""
        before = -1
        while before != self.engine.core.turns:
            before = self.engine.core.turns
            await passes(rest)

    async def until(self, condition: Callable[[], Any], rest: int = 20_000) -> None:
        """Turn the loop until a condition holds."""
        for _ in range(rest):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError("the condition never held")

    async def advance(self, milliseconds: int) -> None:
        """Let time pass."""
        await self.settle()
        await self.clock.advance(milliseconds)
        await self.settle()

    async def ask(self, verb: str, *, request: str | None = None, **args: Any) -> Any:
        """Make a request at the desk."""
        self._requests += 1
        id = request or f"request-{self.store.epoch}-{self._requests}"
        answer = json.loads(await self.desk.request(json.dumps({"v": 1, "id": id, "verb": verb, "args": args})))
        assert answer["id"] == id
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["ok"]

    async def run(self, source: str, payload: Any = None, *, tenant: str = "acme", **args: Any) -> dict[str, Any]:
        """Create a run and let everything that needs no time happen."""
        files = {"flow.py": source}
        summary: dict[str, Any] = await self.ask(
            "run", tenant=tenant, files=files, main="flow.py", payload=payload, **args
        )
        await self.settle()
        return {name: summary[name] for name in ("tenant", "workflow", "id")}

    async def result(self, source: str, payload: Any = None) -> Any:
        """Run a workflow that needs no time and return its output."""
        run = await self.run(source, payload)
        status = await self.status(run)
        assert status["status"] == "complete", status
        return json.loads(status["output"])

    async def status(self, run: dict[str, Any]) -> dict[str, Any]:
        """Return a run's summary."""
        summary: dict[str, Any] = await self.ask("status", **run)
        return summary

    async def kinds(self, run: dict[str, Any]) -> list[str]:
        """Return a run's history as short texts: kind, key and attempt."""
        rows = (await self.ask("history", **run))["rows"]
        return [
            row["kind"] + (f" {row['key']}" if row["key"] else "") + (f" {row['attempt']}" if row["attempt"] else "")
            for row in rows
            if row["kind"] != "engine_started"
        ]

    async def ledger(self, **args: Any) -> dict[str, tuple[int, int]]:
        """Return asked and done by method."""
        totals: dict[str, tuple[int, int]] = {}
        for row in await self.ask("ledger", **args):
            asked, done = totals.get(row["method"], (0, 0))
            totals[row["method"]] = (asked + row["asked"], done + row["done"])
        return totals

    async def check_derived(self) -> None:
        """The derived tables equal what history alone says."""
        expected, found = await self.engine.core.submit(lambda tx: (derive(tx), stored(tx)))
        assert found == expected
        assert await self.engine.core.submit(misplaced) == []

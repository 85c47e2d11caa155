"""The workflow that runs any program, and the record of what its callbacks really did."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from dynamic_workflows.guest.scope import SCOPE
from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint
from dynamic_workflows.shared.errors import NonRetryableError
from tests.simulation.program import Op


class Execution(NamedTuple):
    """One real execution of a callback."""

    number: int
    run: int  # the activation it belonged to
    key: str
    attempt: int


class Executions:
    """Every real execution of a callback; it outlives engines, sandboxes and stores."""

    def __init__(self) -> None:
        self.all: list[Execution] = []
        self.hear: Callable[[Execution], None] = lambda execution: None

    def begin(self) -> Execution:
        """Note that the callback that asks has begun."""
        scope = SCOPE.get()
        assert scope is not None
        assert scope.run is not None
        assert scope.key is not None
        execution = Execution(len(self.all), scope.run.id, scope.key, scope.attempt)
        self.all.append(execution)
        self.hear(execution)
        return execution


class Outside:
    """What ``env.OUT`` reaches: a binding of the host that hears which attempt has called it."""

    kind = "service"

    def __init__(self, hear: Callable[[int, str, int], None]) -> None:
        self._hear = hear

    async def note(self, run: int, key: str, attempt: int) -> None:
        """Hear of an attempt."""
        self._hear(run, key, attempt)

    async def ping(self) -> str:
        """Answer."""
        return "pong"


class Interpreter(WorkflowEntrypoint):
    """Runs the program in its payload; ``executions`` is set on the class of each simulation."""

    executions: Executions

    async def run(self, event: Any, step: Any) -> Any:
        """Return who ran, and what each operation came to."""
        payload = event["payload"]
        self.step, self.specs = step, payload["program"]["steps"]
        seen = await self.block(payload["program"]["body"])
        return {"tenant": payload["tenant"], "id": event["instanceId"], "seen": seen}

    async def block(self, ops: list[Op]) -> list[Any]:
        """Run operations one after the other."""
        return [await getattr(self, f"_{op['op']}")(op) for op in ops]

    async def _do(self, op: Op) -> Any:
        """Run a step."""
        name, spec = op["name"], self.specs[op["name"]]
        given = {"config": config_of(spec)}
        if spec.get("rollback"):
            undo = spec["rollback"]
            given["rollback"] = self._undo(undo)
            given["rollback_config"] = {"retries": retries_of(undo)}

        async def work(ctx: dict[str, Any]) -> dict[str, Any]:
            execution = self.executions.begin()
            if spec.get("calls"):
                await self.env.OUT.note(execution.run, execution.key, execution.attempt)
            if spec["slow"]:
                await asyncio.sleep(spec["slow"] / 1_000)
            fail(spec, ctx["attempt"], name)
            return {"execution": execution.number, "name": name}

        return await self._caught(op, step_of(self.step, name, given, work))

    def _undo(self, undo: dict[str, Any]) -> Any:
        async def handler(given: dict[str, Any]) -> None:
            execution = self.executions.begin()
            fail(undo, execution.attempt, "undo")

        return handler

    async def _call(self, op: Op) -> Any:
        """Call a binding outside of any step."""
        return await self.env.OUT.ping()

    async def _sleep(self, op: Op) -> Any:
        """Sleep."""
        return await self.step.sleep(op["name"], op["for"])

    async def _wait(self, op: Op) -> Any:
        """Wait for an event, caught or not."""

        async def event() -> Any:
            return (await self.step.wait_for_event(op["name"], op["type"], timeout=op["timeout"]))["payload"]

        return await self._caught(op, event)

    async def _caught(self, op: Op, call: Callable[[], Any]) -> Any:
        try:
            return await call()
        except Exception as error:
            if not op["catch"]:
                raise
            return [type(error).__name__, str(error)]

    def _tasks(self, op: Op) -> list[asyncio.Task[list[Any]]]:
        return [asyncio.ensure_future(self.block(branch)) for branch in op["branches"]]

    async def _gather(self, op: Op) -> Any:
        """Run branches at the same time."""
        return await asyncio.gather(*map(self.block, op["branches"]))

    async def _completed(self, op: Op) -> Any:
        """Run branches at the same time and see them in the order they complete."""
        return [await done for done in asyncio.as_completed(self._tasks(op))]

    async def _first(self, op: Op) -> Any:
        """Go on when the first branch is done; the rest is awaited, left or cancelled."""
        tasks = self._tasks(op)
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        seen = [await task if task in done else None for task in tasks]
        if op["rest"] == "await":
            seen.append(await asyncio.gather(*(task for task in tasks if task in pending)))
        elif op["rest"] == "cancel":
            for task in tasks:
                task.cancel()
        return seen

    async def _loop(self, op: Op) -> Any:
        """Run the body again and again."""
        return [await self.block(op["body"]) for _ in range(op["times"])]

    async def _try(self, op: Op) -> Any:
        """Run the body and take its error as a value."""
        return await self._caught({"catch": True}, lambda: self.block(op["body"]))

    async def _fail(self, op: Op) -> Any:
        """Raise."""
        raise (NonRetryableError if op["how"] == "final" else ValueError)("the program fails")


def step_of(step: Any, name: str, given: dict[str, Any], work: Any) -> Callable[[], Any]:
    """Return the callable that runs a step."""
    return step.do(name, **given)(work)  # type: ignore[no-any-return]


def fail(spec: dict[str, Any], attempt: int, name: str) -> None:
    """Raise if this attempt is one of those that fail."""
    if attempt <= spec["fails"]:
        raise (NonRetryableError if spec.get("how") == "final" else ValueError)(f"{name} fails")


def retries_of(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the retries of a spec as a step's config has them."""

    async def dynamic(ctx: Any, error: Any) -> int:
        return int(spec["delay"])

    delay = dynamic if spec.get("dynamic") else spec["delay"]
    return {"limit": spec["limit"], "delay": delay, "backoff": spec.get("backoff", "constant")}


def config_of(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the config of a step."""
    config = {"retries": retries_of(spec), "timeout": spec["timeout"]}
    return {**config, "sensitive": "output"} if spec.get("sensitive") else config

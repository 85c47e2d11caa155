"""A whole engine for a test or a notebook: a set clock, a database in memory, guests in this process."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from dynamic_workflows.host.binding import Workflow
from dynamic_workflows.host.clocks import SeededEntropy, TestClock, passes
from dynamic_workflows.host.dispatcher import Dispatching
from dynamic_workflows.host.engine import Engine, Limits
from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.sqlite import SqliteStore
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.protocols import Clock, Sandboxes
from dynamic_workflows.host.running.loader import WorkerCode
from dynamic_workflows.in_process import InProcessSandboxes
from dynamic_workflows.shared.durations import milliseconds
from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint
from dynamic_workflows.shared.errors import WorkflowError
from dynamic_workflows.testing.quiet import QuietSandboxes

STILL = 20_000  # moves of the clock in which nothing happened, until waiting is given up: over two years by the hour
REST = 50  # passes of the event loop in which whatever needs no time has gone on


class TestEngine:
    """An engine whose time and crashes are the test's. ``open_engine`` makes one.

    Nothing here waits for real time, and nothing is left behind: the database is in memory and outlives ``crash``.
    """

    __test__ = False

    def __init__(
        self, sandboxes: Callable[[Clock], Sandboxes], limits: Limits | None, seed: int, auto_advance: bool
    ) -> None:
        self.clock, self.entropy = TestClock(), SeededEntropy(seed)
        self.clock.skip = self._skip if auto_advance else None
        self.engine: Engine
        self._make, self._limits = sandboxes, limits
        self._image: bytes | None = None
        self._bound: dict[str, Callable[[], Workflow]] = {}
        self._moving = asyncio.Lock()
        self._news: asyncio.Event = asyncio.Event()  # something has happened to an instance

    # -- its life ---------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.engine.close()

    async def _open(self) -> None:
        self._store = SqliteStore(":memory:", image=self._image)
        self._sandboxes = QuietSandboxes(self._make(self.clock))
        self.engine = await Engine.open(
            self._store, clock=self.clock, entropy=self.entropy, sandboxes=self._sandboxes, limits=self._limits
        )
        self.engine.watch(self._changed)

    async def crash(self) -> None:
        """Lose everything but what is stored, guests included, and open the engine again with the same workflows.

        Attempts in flight were cut off. Bindings and handles from before belong to the engine that is gone: ask
        ``workflow`` for new ones.
        """
        await self.engine.scheduler.close()
        await self.engine.workers.close()
        await self.engine.core.stop()
        self._image = self._store.connection.serialize()
        self._store.connection.close()
        await self._open()
        for bind in self._bound.values():
            bind()

    # -- workflows --------------------------------------------------------------------------------------------

    def bind(self, name: str, entrypoint: type[WorkflowEntrypoint], **options: Any) -> Workflow:
        """Bind a workflow class to a name, as ``Engine.bind`` does with the same options, and return its binding.

        A class that is no dispatcher runs in this process; guests elsewhere need its text: ``bind_source``.
        """
        self._bound[name] = lambda: self.engine.bind(name, entrypoint, **options)
        return self._bound[name]()

    def bind_source(
        self, name: str, source: str, *, entrypoint: str | None = None, env: Mapping[str, Any] | None = None
    ) -> Workflow:
        """Bind the text of a module with a workflow class to a name, and return its binding.

        Args:
            entrypoint: the class to run, where the module has more than one.
            env: what that class sees as ``self.env``.
        """
        digest = hashlib.sha256(source.encode()).hexdigest()[:16]
        code = WorkerCode(main_module="flow.py", modules={"flow.py": source}, env=env or {})

        class FromSource(Dispatching):
            """Hands each run on to a sandbox with that module."""

            async def run(self_, event: Any, step: Any) -> Any:  # noqa: N805
                stub = self.engine.loader.get(f"{name}/{digest}", lambda: code)
                return await stub.get_entrypoint(entrypoint).run(event, step)

        return self.bind(name, FromSource)

    def workflow(self, name: str) -> Workflow:
        """Return the binding of a bound workflow."""
        return self.engine.workflow(name)

    # -- time -------------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Let everything happen that needs no time, in the engine and in every guest."""
        before = -1
        while before != self.engine.core.turns:
            before = self.engine.core.turns
            await passes(REST)
            await self._sandboxes.quiet()
            await passes(REST)

    async def advance(self, duration: Any) -> None:
        """Let time pass: milliseconds, or text such as ``"1 day"``; everything due happens at its own moment."""
        await self.settle()
        end = self.clock.elapsed() + milliseconds(duration)
        while (wait := self.clock.next_in()) is not None and self.clock.elapsed() + wait <= end:
            await self._move(wait)
        await self._move(end - self.clock.elapsed())

    async def _move(self, wait: int) -> None:
        await self.clock.advance(wait, rest=1)
        await self.settle()

    def _changed(self, tx: Transaction, instances: dict[int, Instance]) -> None:
        tx.after(self._news.set)

    async def _skip(self, answer: asyncio.Future[Any]) -> None:
        """Move time from one due moment to the next until there is an answer, never while anything else can happen.

        It is an error where time passes and passes, and nothing happens to any instance.
        """
        still = 0
        while not answer.done():
            async with self._moving:
                self._news.clear()
                await self.settle()
                if answer.done():
                    return
                calls = [task for worker in self.engine.workers for task in worker.calls]
                wait = self.clock.next_in()
                if not calls and wait is not None:
                    await self._move(wait)
                    still = 0 if self._news.is_set() else still + 1
                    if still > STILL:
                        answer.set_exception(
                            WorkflowError("Whatever time passes, nothing happens that would end this wait.")
                        )
                    continue
            news = asyncio.ensure_future(self._news.wait())
            await asyncio.wait([answer, news, *calls], return_when=asyncio.FIRST_COMPLETED)
            news.cancel()


def open_engine(
    *,
    sandboxes: Callable[[Clock], Sandboxes] = InProcessSandboxes,
    limits: Limits | None = None,
    seed: int = 0,
    auto_advance: bool = True,
) -> TestEngine:
    """Return an engine for a test, to be used as an async context manager; pytest is not needed.

        async with open_engine() as engine:
            orders = engine.bind("order", Order)
            order = await orders.create({"params": {"item": "lamp"}})
            await engine.advance("3 days")
            assert (await order.status())["status"] == "complete"

    Args:
        sandboxes: makes the sandboxes, given the test's clock; guests live in this process unless it says otherwise.
        limits: those of the engine.
        seed: the ids that the engine generates follow from it.
        auto_advance: whether time moves on by itself while the test waits for a status or a step's result, and only
            then: to the next moment something is due, once neither engine nor guests have anything left to do and no
            call of a binding is in progress. Without it, a wait ends only when ``advance`` brings its end about.
    """
    return TestEngine(sandboxes, limits, seed, auto_advance)

"""The workers that live now, and the watchdog over them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dynamic_workflows.host.history.core import Core
from dynamic_workflows.host.protocols import Sandboxes
from dynamic_workflows.host.running.offences import Offences
from dynamic_workflows.host.running.rooms import Rooms, current_claim
from dynamic_workflows.host.running.worker import Worker
from dynamic_workflows.shared import limits
from dynamic_workflows.shared.errors import CodeError, WorkflowError

if TYPE_CHECKING:
    from dynamic_workflows.host.running.code import WorkerCode


class Workers:
    """The workers that live now, by loader id; ``rooms`` says how many, and which of them makes room."""

    def __init__(self, core: Core, sandboxes: Sandboxes, *, cpu_turn: int = limits.CPU_TURN_MS) -> None:
        self.core, self.sandboxes, self.cpu_turn = core, sandboxes, cpu_turn
        self.offences = Offences(core.clock)
        self.losses: dict[str, int] = {}  # sandboxes in a row that ended while they loaded the code of a loader id
        self._workers: dict[str, Worker] = {}
        self.rooms = Rooms(self)
        self._uses = self._numbers = 0
        self._watching: Callable[[], None] | None = None  # cancels the next round
        self._due = self._ticked = self._span = 0

    def __iter__(self) -> Iterator[Worker]:
        return iter(list(self._workers.values()))

    def __len__(self) -> int:
        return len(self._workers)

    async def get(self, loader_id: str, code: WorkerCode, *, patience: int | None = None) -> Worker:
        """Return the worker of ``loader_id``, started and loaded; waits for room when all are taken.

        Args:
            patience: how many milliseconds it waits for room; a call from one worker into another must not for ever.

        Raises:
            CodeError: the code does not load.
            SandboxUnavailable: no sandbox can be started here, none became free, or its code ended too many of them.
        """
        while True:
            worker = self._workers.get(loader_id)
            if worker is None:
                worker = await self._open(loader_id, code, patience)
                if worker is None:
                    continue
            self._uses += 1
            worker.used = self._uses
            claim = current_claim.get()
            worker.lane = worker.lane if claim is None else claim.lane
            assert worker.loaded is not None
            try:
                await asyncio.shield(worker.loaded)
            except CodeError:
                worker.destroy("its code does not load")
                raise
            except WorkflowError:
                self.forget(worker)
                raise
            if worker.gone is None:
                return worker

    def number(self) -> int:
        """Return a number for what has no name."""
        self._numbers += 1
        return self._numbers

    def find(self, loader_id: str) -> Worker | None:
        """Return the live worker of ``loader_id``, or None."""
        return self._workers.get(loader_id)

    async def _open(self, loader_id: str, code: WorkerCode, patience: int | None) -> Worker | None:
        self.offences.check(loader_id)
        granted = await self.rooms.enter(loader_id, patience)
        worker = self._workers.get(loader_id)
        if granted:
            if worker is None:
                worker = self._workers[loader_id] = Worker(self, loader_id, code)
                worker.loaded = asyncio.get_running_loop().create_task(worker.load(self.sandboxes))
            self.rooms.leave()
        return worker

    def forget(self, worker: Worker) -> None:
        """Take a worker that ended off the list and let the next in line look again."""
        if self._workers.get(worker.loader_id) is worker:
            del self._workers[worker.loader_id]
        self.rooms.look()

    def watch(self) -> None:
        """Let the watchdog look soon enough for every limit; it runs while any worker has work."""
        elapsed, span = self.core.clock.elapsed(), self._period
        if self._watching is not None:
            if elapsed + span >= self._due:
                return
            self._watching()
        self._ticked, self._due, self._span = elapsed, elapsed + span, span
        self._watching = self.core.clock.call_later(span, self._tick)

    @property
    def _period(self) -> int:
        return max(50, min([self.cpu_turn, *(worker.cpu_turn for worker in self._workers.values())]) // 5)

    def _tick(self) -> None:
        elapsed = self.core.clock.elapsed()
        late = elapsed - self._ticked > 2 * self._span  # this thread was held up or suspended: the round says nothing
        self._watching = None
        for worker in self:
            if late:
                worker.heard = elapsed
            else:
                worker.check(elapsed)
        if any(worker.busy for worker in self):
            self.watch()

    async def close(self) -> None:
        """End every worker."""
        self.rooms.close()
        for worker in self:
            worker.gone = "closed"
            if worker.loaded and not worker.loaded.done():
                worker.loaded.cancel()
            for task in worker._tasks:
                task.cancel()
        self._workers.clear()
        await self.sandboxes.close()

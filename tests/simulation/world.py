"""Everything around the engine that can be slow or fail: the loop, the clock, the disk, the sandboxes.

Nothing here happens by itself: each piece says what it could do next, and the simulator picks one thing at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import heapq
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Literal

from dynamic_workflows.guest.worker import Guest
from dynamic_workflows.host.clocks import TestClock
from dynamic_workflows.host.history.core import SELECT_HISTORY
from dynamic_workflows.host.history.instance import HistoryRow
from dynamic_workflows.host.history.sqlite import MEMORY_FILE, SqliteTurn, SqliteTurns
from dynamic_workflows.host.protocols import Listener
from dynamic_workflows.shared.errors import SandboxUnavailable, StoreLost
from tests.portable_loop import PortableLoop

Action = Callable[[], object]
ROWS = SELECT_HISTORY.replace("where uid = ? order by seq", "where pos > ? order by pos")


class StepLoop(PortableLoop):
    """An event loop that runs only when told to, until nothing is ready."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[dict[str, Any]] = []
        self.dead = False

    def drain(self) -> None:
        """Run everything that is ready, in order."""
        ready = self._ready  # type: ignore[attr-defined]
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            while ready and not self.dead:
                handle = ready.popleft()
                if not handle._cancelled:
                    handle._run()
        finally:
            asyncio._set_running_loop(before)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what nobody caught; what a killed engine leaves behind does not matter."""
        if not self.dead:
            self.errors.append(context)

    def kill(self) -> None:
        """End it where it stands: nothing that waits here is ever woken."""
        self.dead = True
        for task in asyncio.all_tasks(self):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            with contextlib.suppress(BaseException):
                task.get_coro().close()
        self._ready.clear()  # type: ignore[attr-defined]
        self.close()

    def call_soon(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.Handle:
        """Queue a callback, or drop it when the loop is dead."""
        if self.dead:
            return asyncio.Handle(callback, args, self, context)
        return super().call_soon(callback, *args, context=context)


class StepClock(TestClock):
    """A clock that is moved by hand; callbacks whose time has come wait to be called."""

    def next(self) -> int | None:
        """Return how many milliseconds it is to the next callback."""
        while self._heap and self._heap[0][1] in self._cancelled:
            self._cancelled.discard(heapq.heappop(self._heap)[1])
        return max(0, self._heap[0][0] - self._elapsed) if self._heap else None

    def move(self, milliseconds: int) -> None:
        """Let time pass; nobody is told yet."""
        self._move(self._elapsed + milliseconds)

    def call(self) -> None:
        """Call what is due next."""
        heapq.heappop(self._heap)[2]()


class Flush:
    """What one turn left in the database, and how the engine learns that it is stored."""

    def __init__(self, store: SteppedStore, turn: int) -> None:
        connection = store.connection
        self.turn, self.at, self.image = turn, store.disk.now(), connection.serialize()
        self.rows = [HistoryRow._make(row) for row in connection.execute(ROWS, (store.disk.pos,))]
        self.uids = {uid for (uid,) in connection.execute("select uid from instance")}
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Disk:
    """What survives a crash: the image of the last flush that was stored, and its history as plain rows."""

    def __init__(self) -> None:
        self.image: bytes = empty()
        self.pos = 0
        self.flush: Flush | None = None
        self.now: Callable[[], int] = lambda: 0
        self.stored: Callable[[Flush], None] = lambda flush: None

    def keep(self, flush: Flush) -> None:
        """Store a flush."""
        self.image = flush.image
        flush.rows = [row for row in flush.rows if row.pos > self.pos]  # the flushes before it have the others
        if flush.rows:
            self.pos = flush.rows[-1].pos
        self.stored(flush)

    def finish(self) -> None:
        """Store the flush in the air and say so."""
        flush, self.flush = self.flush, None
        assert flush is not None
        self.keep(flush)
        if not flush.done.done():
            flush.done.set_result(None)

    def lose(self, *, stored: bool) -> None:
        """Fail the flush in the air, before or after it was stored."""
        flush, self.flush = self.flush, None
        assert flush is not None
        if stored:
            self.keep(flush)
        if not flush.done.done():
            flush.done.set_exception(StoreLost(f"turn {flush.turn} was lost"))

    def cut(self, *, stored: bool) -> None:
        """The engine is gone: the flush in the air was stored, or not."""
        flush, self.flush = self.flush, None
        if flush is not None and stored:
            self.keep(flush)


@functools.cache
def empty() -> bytes:
    """Return the image of a new database."""
    store = SqliteTurns(":memory:", pragmas=MEMORY_FILE)
    store.connection.execute("delete from meta")
    image = store.connection.serialize()
    store.connection.close()
    return image


class SteppedStore(SqliteTurns):
    """A database in memory over a disk; each flush ends when the simulator says so, and how.

    Args:
        disk: what survives.
        eager: whether a flush also stores the turns that were computed since the one it is asked for.
    """

    def __init__(self, disk: Disk, *, eager: bool = False) -> None:
        self.disk, self._eager = disk, eager
        self._taken: deque[Flush] = deque()  # turns that changed something and are not flushed
        super().__init__(":memory:", pragmas=MEMORY_FILE, image=disk.image)
        (disk.pos,) = self.connection.execute("select coalesce(max(pos), 0) from history").fetchone()

    @contextlib.contextmanager
    def turn(self) -> Iterator[SqliteTurn]:
        """Open a transaction; what it leaves is kept for its flush."""
        before = self.connection.total_changes
        with super().turn() as turn:
            yield turn
        if self.connection.total_changes != before:
            self._taken.append(Flush(self, turn.number))

    async def durable(self, turn: int) -> int:
        """Wait for the simulator."""
        assert self.disk.flush is None, "two flushes in the air"
        flush: Flush | None = None
        while self._taken and (self._eager or self._taken[0].turn <= turn):
            before, flush = flush, self._taken.popleft()
            flush.at = max(flush.at, before.at if before else 0)  # it holds what those before it deleted
        if flush is not None:
            self.disk.flush = flush
            await flush.done
            turn = max(turn, flush.turn)
        return turn

    async def close(self, at: int) -> None:
        """Record a clean end; all of it is stored."""
        self.mark_clean(at)
        self.disk.flush = None
        self.disk.keep(Flush(self, 0))
        self.connection.close()


class SteppedSandbox:
    """One guest; frames in both directions and its own turns wait to be picked."""

    def __init__(self, world: SteppedSandboxes, number: int, loader_id: str, listener: Listener) -> None:
        self.world, self.number, self.loader_id, self.listener = world, number, loader_id, listener
        self.to_guest: deque[str] = deque()
        self.to_host: deque[str] = deque()
        self.armed = False
        self.alive = True
        self.guest = Guest(
            post=self.to_host.append, arm=self._arm, elapsed=world.clock.elapsed, trusted=world.trusted
        )  # fmt: skip

    def post(self, text: str) -> None:
        """Take one frame for the guest."""
        if self.alive:
            self.world.said(self, text)
            self.to_guest.append(text)

    def destroy(self) -> None:
        """End the guest at once."""
        if self.alive:
            self.alive = False
            self.world.open_ones.remove(self)
            self.guest.close()

    def die(self, heard: int) -> None:
        """End the guest as if it had crashed; the engine still gets the first frames of those in the air."""
        frames = list(self.to_host)[:heard]
        self.destroy()
        for frame in frames:
            self.listener.frame(frame)
        self.listener.closed("crashed")

    def _arm(self, delay: int) -> None:
        if delay <= 0:
            self.armed = True
        else:
            self.world.clock.call_later(delay, lambda: self._arm(0))

    def _turn(self) -> None:
        self.armed = False
        self.guest.turn()

    def actions(self) -> Iterator[tuple[str, Action]]:
        """Yield what could happen next here."""
        if self.to_guest:
            yield f"to guest {self.number}: {self.to_guest[0]}", lambda: self.guest.receive(self.to_guest.popleft())
        if self.to_host:
            yield f"from guest {self.number}: {self.to_host[0]}", lambda: self.listener.frame(self.to_host.popleft())
        if self.armed:
            yield f"guest {self.number} turns", self._turn


class SteppedSandboxes:
    """Guests in this process whose frames wait to be picked."""

    def __init__(self, clock: StepClock, effects: Literal["mediated", "direct"], capacity: int) -> None:
        self.clock, self.effects = clock, effects
        self.capacity, self.most = capacity, 2 * capacity
        self.trusted: dict[str, dict[str, type]] = {}
        self.open_ones: list[SteppedSandbox] = []
        self.opening: list[asyncio.Future[None]] = []
        self.count = 0
        self.said: Callable[[SteppedSandbox, str], None] = lambda sandbox, text: None

    async def open(self, loader_id: str, listener: Listener) -> SteppedSandbox:
        """Return a guest once the simulator lets one start."""
        gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.opening.append(gate)
        await gate
        self.count += 1
        sandbox = SteppedSandbox(self, self.count, loader_id, listener)
        self.open_ones.append(sandbox)
        return sandbox

    def start(self, *, refused: bool = False) -> None:
        """Let the next sandbox start, or say that there is none."""
        gate = self.opening.pop(0)
        if gate.done():
            return
        if refused:
            gate.set_exception(SandboxUnavailable("no sandbox now"))
        else:
            gate.set_result(None)

    async def close(self) -> None:
        """Destroy every guest."""
        for sandbox in list(self.open_ones):
            sandbox.destroy()

    def actions(self) -> Iterator[tuple[str, Action]]:
        """Yield what could happen next in any guest."""
        if self.opening:
            yield "sandbox starts", self.start
        for sandbox in self.open_ones:
            yield from sandbox.actions()

"""The turn: timers, then inputs, COMMIT, flush, and only then what the turn has to say.

Nothing leaves the engine but through the outbox, after the flush that covers the state it was computed from.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from dynamic_workflows.host.history.instance import HistoryRow, Instance, Where
from dynamic_workflows.host.history.streams import Staging
from dynamic_workflows.host.history.timers import HOUR, Deadlines, Due, Timers
from dynamic_workflows.host.history.transaction import Destination, Stored, Transaction
from dynamic_workflows.host.protocols import Clock, Entropy, Store
from dynamic_workflows.shared.errors import ProtocolError, StoreError, StoreLost, WorkflowError
from dynamic_workflows.shared.limits import RETRY_DELAY_MS

if TYPE_CHECKING:
    from dynamic_workflows.host.history.crash_points import Witness
    from dynamic_workflows.host.history.mocks import Mocks

T = TypeVar("T")
Input = Callable[[Transaction], None]

# What a caller's arguments can set off that no rule has refused: not text, not a number, a character that is none.
MISTAKES = (TypeError, ValueError, LookupError, AttributeError, OverflowError, sqlite3.ProgrammingError,
            sqlite3.InterfaceError)  # fmt: skip
SELECT_HISTORY = "select pos, uid, seq, life, at, kind, key, attempt, data, src from history where uid = ? order by seq"


class Alarm(Protocol):
    """What is due at wall times and belongs to no instance."""

    def next(self) -> int | None:
        """Return the next due time, in epoch milliseconds."""

    def fire(self, tx: Transaction) -> None:
        """Do everything that is due at ``tx.now``; ``next`` lies behind it afterwards."""


class Core:
    """The synchronous state machine and the pump that makes its turns durable."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy) -> None:
        self.store, self.clock, self.entropy = store, clock, entropy
        self.timers, self.deadlines = Timers(), Deadlines()
        self.mocks: dict[Where, Mocks] = {}  # what tests make of instances, also of those to come
        self.alarm: Alarm | None = None
        self.staging = Staging()
        self.retry_delay = RETRY_DELAY_MS  # between attempts of steps that do not say
        self.changed: dict[int, Instance] = {}  # instances the running turn has changed
        self.refused = 0  # messages that broke the protocol or came too late
        self.turns = 0
        self.failure: BaseException | None = None
        self.on_timer: Callable[[Transaction, Instance, str], None] = _nothing
        self.on_deadline: Callable[[Transaction, int, str, int], None] = _nothing
        self.on_turn: Callable[[Transaction, dict[int, Instance]], None] = _nothing  # last part of every turn
        self.on_failure: Callable[[BaseException], None] = _nothing
        self.witness: Witness | None = None  # sees every turn through its moments; ``crash_points`` sets it
        self._memory: dict[int, tuple[Instance, Stored]] = {}
        self._inputs: list[Input] = []
        self._waiting: set[asyncio.Future[Any]] = set()
        self._wake: asyncio.Future[None] | None = None
        self._disarm: Callable[[], None] | None = None
        self._pump: asyncio.Task[None] | None = None
        self._speaker: asyncio.Task[None] | None = None
        self._unsaid: deque[tuple[Transaction, int]] = deque()  # turns whose flush is not done yet
        self._written = self._durable = 0
        self._uid = self._pos = 0

    # -- instances in memory ----------------------------------------------------------------------------------

    def new_uid(self) -> int:
        """Return the next instance number; never reused."""
        self._uid += 1
        return self._uid

    def new_pos(self) -> int:
        """Return the next position in history."""
        self._pos += 1
        return self._pos

    def keep(self, instance: Instance, stored: Stored) -> None:
        """Hold an instance in memory together with what the derived tables say of it."""
        self._memory[instance.uid] = (instance, stored)

    def stored(self, instance: Instance) -> Stored:
        """Return what the derived tables hold for an instance in memory."""
        return self._memory[instance.uid][1]

    def instance(self, tx: Transaction, uid: int) -> Instance:
        """Return an instance, folded from its history when it is not in memory."""
        held = self._memory.get(uid)
        if held is not None:
            return held[0]
        instance = Instance(uid)
        for row in tx.query(SELECT_HISTORY, (uid,)):
            instance.fold(HistoryRow(*row))
        if self.mocks:
            instance.mocks = self.mocks.get(instance.where)
        self.keep(instance, Stored(instance))
        return instance

    def held(self, uid: int) -> Instance | None:
        """Return an instance that is in memory, or None."""
        held = self._memory.get(uid)
        return None if held is None else held[0]

    def release(self, uid: int) -> None:
        """Let an instance go from memory; it is read again from history when it is needed."""
        self._memory.pop(uid, None)

    def rearm(self, instance: Instance, key: str) -> None:
        """Arm the timer of a retry that still stands: it may have fired before the clock was set back."""
        timer = instance.timers.get(key)
        if timer is not None and not instance.held:
            self.timers.add([(instance.uid, key, timer[0], timer[1] - instance.offset)])

    # -- inputs -----------------------------------------------------------------------------------------------

    def post(self, work: Input) -> None:
        """Queue an input for the next turn."""
        self._inputs.append(work)
        self._wake_up()

    async def submit(self, work: Callable[[Transaction], T]) -> T:
        """Run ``work`` inside the next turn and return what it returned, once that turn is durable.

        SQL of a ``work`` that raises is undone, and its exception is raised here.

        Raises:
            StoreError: the engine's storage failed.
        """
        if self.failure is not None:
            raise StoreLost(f"The engine has stopped: {self.failure}") from self.failure
        reply: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.add(reply)

        def run(tx: Transaction) -> None:
            before = len(tx.rows)
            try:
                with tx.fence():
                    value = work(tx)
            except (WorkflowError, *MISTAKES) as error:
                if len(tx.rows) != before:
                    raise  # memory and tables would differ: a defect, and a crash
                tx.after(partial(_raise, reply, error))
            else:
                tx.after(partial(resolve, reply, value))

        self.post(run)
        try:
            return await reply
        finally:
            self._waiting.discard(reply)

    async def wait(self, event: asyncio.Future[T]) -> T:
        """Wait for a future; an engine that stops first fails it.

        Raises:
            StoreError: the engine's storage failed, or it was closed.
        """
        self._waiting.add(event)
        try:
            return await event
        finally:
            self._waiting.discard(event)

    # -- the pump ---------------------------------------------------------------------------------------------

    async def start(self, first: Input) -> None:
        """Load the timers and run the first turn; returns once it is durable."""

        def load(tx: Transaction) -> None:
            self._pos = tx.query("select coalesce(max(pos), 0) from history")[0][0]
            self._uid = tx.query("select coalesce(max(uid), 0) from instance")[0][0]
            sequence = tx.query("select seq from sqlite_sequence where name = 'instance'")
            self._uid = max(self._uid, sequence[0][0] if sequence else 0)
            self.timers.add(tx.query("select uid, key, kind, due from timer order by due, uid, key"))
            first(tx)

        self._pump = asyncio.get_running_loop().create_task(self._run(), name="engine")
        await self.submit(load)

    async def stop(self) -> None:
        """Finish the turn in the air and stop."""
        if self._disarm:
            self._disarm()
        for task in (self._pump, self._speaker):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        closed = StoreLost("The engine was closed.")
        self.failure = self.failure or closed  # whoever asks now is told, not left waiting
        self._fail_waiting(closed)

    async def _run(self) -> None:
        """Compute turns; while one is being flushed the next ones go on, and what they say waits for its own flush."""
        try:
            while True:
                while self._inputs or self._is_due():
                    self._unsaid.append(self._turn())
                    if self._speaker is None:
                        self._speaker = asyncio.get_running_loop().create_task(self._speak(), name="engine outbox")
                    await asyncio.sleep(0)
                self._arm()
                self._wake = asyncio.get_running_loop().create_future()
                await self._wake
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._fail(error)
            raise

    async def _speak(self) -> None:
        """Release what turns have to say, in order, once the flush that covers them is done."""
        try:
            while self._unsaid:
                tx, number = self._unsaid[0]
                if number > self._durable:  # a turn that only read waits for those before it
                    if self.witness is not None:
                        self.witness("flushing", tx)
                    covered = await self.store.durable(number)
                    self._durable = number if self.witness is not None else covered  # who looks sees every turn
                self._release(self._covered())
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._fail(error)
            if not isinstance(error, StoreError):
                raise
        self._speaker = None

    def _fail(self, error: BaseException) -> None:
        """Stop for good: nothing that has not been said may be said any more."""
        if self.failure is None:
            self.failure = error
            self._unsaid.clear()
            if self._pump is not None:
                self._pump.cancel()
            self._fail_waiting(error if isinstance(error, StoreError) else StoreLost(f"The engine failed: {error!r}"))
            self.on_failure(error)

    def _turn(self) -> tuple[Transaction, int]:
        """Run one turn; return it with the number of the last turn that wrote, whose flush covers it."""
        self.turns += 1
        inputs, self._inputs = self._inputs, []
        self.changed = {}
        with self.store.turn() as turn:
            tx = Transaction(self, turn, self.clock.now())
            for due in self.timers.take(tx.now):
                self._fire(tx, due)
            for deadline in self.deadlines.take(self.clock.elapsed()):
                self.on_deadline(tx, deadline.activation, deadline.key, deadline.attempt)
            if self.alarm is not None and is_past(self.alarm.next(), tx.now):
                self.alarm.fire(tx)
            for work in inputs:
                try:
                    work(tx)
                except ProtocolError:
                    self.refused += 1
            tx.finish()
            self.on_turn(tx, self.changed)
            if tx.finish():
                self._written = turn.number
        if self.witness is not None:
            self.witness("computed", tx)
        return tx, self._written

    def _fire(self, tx: Transaction, timer: Due) -> None:
        instance = self.instance(tx, timer.uid)
        standing = instance.timers.get(timer.key)
        if standing is not None and standing[1] - instance.offset == timer.due and not instance.held:
            self.on_timer(tx, instance, timer.key)

    def _covered(self) -> list[Transaction]:
        """Take the turns that are durable from the front of those that have not spoken; there is one at least."""
        turns = [self._unsaid.popleft()[0]]
        while self.witness is None and self._unsaid and self._unsaid[0][1] <= self._durable:
            turns.append(self._unsaid.popleft()[0])
        return turns

    def _release(self, turns: list[Transaction]) -> None:
        """Say what the turns of one flush have to say: whoever is spoken to by several hears it at once.

        A sandbox answers one frame with one frame: what it is told turn by turn would come back turn by turn.
        """
        outbox: dict[Destination, list[Mapping[str, Any]]] = {}
        for tx in turns:
            if self.witness is not None:
                self.witness("stored", tx)
            for destination, messages in tx.outbox.items():
                outbox.setdefault(destination, []).extend(messages)
        for destination, messages in outbox.items():
            destination.post(messages)
        for tx in turns:
            for callback in tx.later:
                callback()
            if self.witness is not None:
                self.witness("said", tx)

    def _is_due(self) -> bool:
        now = self.clock.now()
        return (
            is_past(self.timers.next(), now)
            or is_past(self.deadlines.next(), self.clock.elapsed())
            or (self.alarm is not None and is_past(self.alarm.next(), now))
        )

    def _arm(self) -> None:
        if self._disarm:
            self._disarm()
            self._disarm = None
        delays = []
        if (due := self.timers.next()) is not None:
            delays.append(due - self.clock.now())
        if self.alarm is not None and (due := self.alarm.next()) is not None:
            delays.append(due - self.clock.now())
        if (deadline := self.deadlines.next()) is not None:
            delays.append(deadline - self.clock.elapsed())
        if delays:
            self._disarm = self.clock.call_later(max(0, min(*delays, HOUR)), self._wake_up)

    def look(self) -> None:
        """Look at the clock again: after a suspend, a visibility change or a skip."""
        self._wake_up()

    def _wake_up(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _fail_waiting(self, error: BaseException) -> None:
        for reply in self._waiting:
            _raise(reply, error)


def _nothing(*_: object) -> None:
    return None


def is_past(due: int | None, now: int) -> bool:
    """Return whether something is due."""
    return due is not None and due <= now


def resolve(future: asyncio.Future[T], value: T) -> None:
    """Give a future its result, unless whoever waited has gone."""
    if not future.done():
        future.set_result(value)


def _raise(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)

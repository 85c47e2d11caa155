"""Who gets the next sandbox: one line of those who wait, and the rules by which a worker makes room (design, 6).

A worker stays while its tenant has anything to run; once others have waited for five seconds it may be taken between
two attempts, the least recently used first. Never with an attempt in flight: where that is so of all of them for five
seconds, more sandboxes are opened, up to the most there may be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from dynamic_workflows.shared.errors import SandboxUnavailable
from dynamic_workflows.shared.limits import SANDBOX_TURN_MS

if TYPE_CHECKING:
    from dynamic_workflows.host.running.worker import Worker
    from dynamic_workflows.host.running.workers import Workers


GRACE_MS = 20  # code gets this after an attempt, so that a run is not cut off a moment before it is done


class Claim(Protocol):
    """A run that needs a slot and a sandbox together, and takes no slot while it waits for the sandbox."""

    @property
    def lane(self) -> object:
        """Return whose run it is."""

    def waits(self) -> None:
        """Learn that there is no sandbox now."""

    def may_go(self) -> bool:
        """Return whether there is a slot."""

    def goes(self) -> None:
        """Take the slot: the sandbox is there."""


current_claim: ContextVar[Claim | None] = ContextVar("claim", default=None)  # of the run that asks for a worker


@dataclass(eq=False, slots=True)
class Place:
    """One place in the line."""

    loader_id: str
    claim: Claim | None
    since: int
    answer: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def may_go(self) -> bool:
        """Return whether nothing but a sandbox is missing."""
        return self.claim is None or self.claim.may_go()


class Rooms:
    """The sandboxes that may be open at once, and the line before them."""

    def __init__(self, workers: Workers) -> None:
        self._workers, self._clock = workers, workers.core.clock
        self.wanted: Callable[[object], bool] = lambda lane: False  # whether a lane has anything to run
        self._line: list[Place] = []
        self._reserved = 0  # granted, and not yet used
        self._more = 0  # how many are open above the capacity
        self._pinned: int | None = None  # since when every worker has an attempt in flight while others wait
        self._disarm: Callable[[], None] | None = None
        self._looking = False  # a worker that is ended on the way says so at once

    @property
    def restless(self) -> bool:
        """Whether a look at the line may change anything."""
        return bool(self._line or self._more)

    async def enter(self, loader_id: str, patience: int | None = None) -> bool:
        """Return True once a worker may be opened, which ``leave`` ends; False once this loader id has one.

        Args:
            patience: the most milliseconds to wait.

        Raises:
            SandboxUnavailable: none became free in that time.
        """
        claim = current_claim.get()
        if not self._line and self._make_room():
            self._reserved += 1
            return True
        place = Place(loader_id, claim, self._clock.elapsed())
        self._line.append(place)
        if claim is not None:
            claim.waits()
        cancel = self._give_up_later(place, patience)
        self.look()
        try:
            return await place.answer
        except BaseException:
            self._withdraw(place)
            raise
        finally:
            if cancel is not None:
                cancel()

    def leave(self) -> None:
        """Take note that a granted room was used, or is not needed."""
        self._reserved -= 1
        self.look()

    def _withdraw(self, place: Place) -> None:
        if place in self._line:
            self._line.remove(place)
        elif not place.answer.cancelled() and place.answer.exception() is None and place.answer.result():
            self.leave()

    def _give_up_later(self, place: Place, patience: int | None) -> Callable[[], None] | None:
        def give_up() -> None:
            if not place.answer.done():
                text = f"All {len(self._workers)} sandboxes are busy, and none became free in {patience} ms."
                place.answer.set_exception(SandboxUnavailable(text))

        return None if patience is None else self._clock.call_later(patience, give_up)

    # -- who goes ---------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Let those go who can, in order of arrival, and look again when time alone will have changed that."""
        if self._looking:
            return
        self._looking = True
        self._let_go()
        self._shrink()
        self._look_again()
        self._looking = False

    def _let_go(self) -> None:
        room = True
        for place in [place for place in self._line if not place.answer.done()]:
            there = self._workers.find(place.loader_id) is not None
            if not place.may_go() or not (there or (room and (room := self._make_room(place)))):
                continue
            self._line.remove(place)
            self._reserved += not there
            if place.claim is not None:
                place.claim.goes()
            place.answer.set_result(not there)

    def _make_room(self, place: Place | None = None) -> bool:
        """Return whether there is room for one more worker, after ending one where the rules allow it."""
        pool, now = self._workers, self._clock.elapsed()
        if len(pool) + self._reserved < pool.sandboxes.capacity + self._more:
            return True
        takeable = [worker for worker in pool if self._free_at(worker, place) <= now]
        if takeable:
            min(takeable, key=lambda worker: worker.used).destroy("evicted")
            return True
        if not all(map(pinned, pool)):
            self._pinned = None
        elif self._pinned is None:
            self._pinned = now
        if self._pinned is None or now - self._pinned < SANDBOX_TURN_MS:
            return False
        if len(pool) + self._reserved >= pool.sandboxes.most:
            return False
        self._more, self._pinned = self._more + 1, None
        return True

    def _free_at(self, worker: Worker, place: Place | None) -> float:
        """Return from when on a worker may be taken for somebody else."""
        if pinned(worker):
            return float("inf")
        if not worker.activations and not self.wanted(worker.lane):
            return 0
        waited = self._clock.elapsed() if place is None else place.since
        turn_over = max(worker.opened, waited) + SANDBOX_TURN_MS
        if not turn_over <= self._clock.elapsed() < worker.settled + GRACE_MS:
            return turn_over
        if worker.spared is None:
            worker.spared = self._clock.elapsed()
        return min(worker.settled + GRACE_MS, worker.spared + SANDBOX_TURN_MS)

    def _shrink(self) -> None:
        """Give up what was opened above the capacity as soon as it is not needed."""
        if self._line or not self._more:
            return
        pool = self._workers
        idle = sorted((w for w in pool if self._free_at(w, None) == 0), key=lambda worker: worker.used)
        for worker in idle[: max(0, len(pool) - pool.sandboxes.capacity)]:
            worker.destroy("evicted")
        self._more = max(0, len(pool) + self._reserved - pool.sandboxes.capacity)

    def _look_again(self) -> None:
        if self._disarm is not None:
            self._disarm()
            self._disarm = None
        if not self._line:
            self._pinned = None
            for worker in self._workers:
                worker.spared = None
            return
        now = self._clock.elapsed()
        times = [self._free_at(worker, self._line[0]) for worker in self._workers]
        times.append(float("inf") if self._pinned is None else self._pinned + SANDBOX_TURN_MS)
        soonest = min((time for time in times if time > now), default=float("inf"))
        if soonest < float("inf"):
            self._disarm = self._clock.call_later(int(soonest - now), self.look)

    def close(self) -> None:
        """Ask the clock for nothing any more."""
        if self._disarm is not None:
            self._disarm()


def pinned(worker: Worker) -> bool:
    """Return whether ending a worker would cut off an attempt, a call or its own start."""
    if worker.loaded is None or not worker.loaded.done() or worker.asked or worker.invocations:
        return True
    return any(activation.instance.running for activation in worker.activations.values())

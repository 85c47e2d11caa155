"""Jumps: a run's own clock is moved on to a date, from one due time to the next, with what happens between them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from dynamic_workflows.host.history.core import resolve
from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.shared.errors import InstanceFinished, WorkflowError

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import Engine

FARTHEST_MS = 4_102_444_800_000  # 2100-01-01: no sleep of a run that lives today is longer
LOOK_MS = 20  # between two looks at a run that is at work

Move = Literal["moved", "busy", "reached", "held"]
Find = Callable[[Transaction], Instance]


async def jump(engine: Engine, find: Find, to: object) -> dict[str, bool]:
    """Move a run's clock to ``to`` and return whether it got there; a pause or its end stops it before.

    Nothing of it is kept in memory only: a jump that is cut off is asked for again and goes on where it stood.

    Raises:
        WorkflowError: ``to`` is no time that lies ahead.
        InstanceFinished: the run has ended before the first move.
    """
    if type(to) is not int or to > FARTHEST_MS:
        raise WorkflowError(f"jump to {to!r:.40}: give a time before 2100, in epoch milliseconds.")
    await engine.core.submit(lambda tx: _check(tx, find(tx), to))
    while True:
        move = await engine.core.submit(lambda tx: _move(tx, engine, find(tx), to))
        if move in ("reached", "held"):
            return {"reached": move == "reached"}
        await _look_again(engine)


def _check(tx: Transaction, instance: Instance, to: int) -> None:
    if instance.final:
        raise InstanceFinished(instance.id, instance.final)


def _move(tx: Transaction, engine: Engine, instance: Instance, to: int) -> Move:
    own = tx.now + instance.offset
    if own >= to:
        return "reached"
    if instance.final or instance.held:
        return "held"
    due = instance.next_due()
    if due is None or not engine.scheduler.idle(instance.uid):
        return "busy"
    engine.operations.skip(tx, instance, most=to - own)
    return "moved"


async def _look_again(engine: Engine) -> None:
    looked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    cancel = engine.core.clock.call_later(LOOK_MS, lambda: resolve(looked, None))
    try:
        await engine.core.wait(looked)
    finally:
        cancel()

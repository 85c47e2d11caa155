"""Named crash points: the moments in which an engine's sudden end is worth a test, and a menu entry (design, 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from dynamic_workflows.shared.errors import WorkflowError

if TYPE_CHECKING:
    from dynamic_workflows.host.history.core import Core
    from dynamic_workflows.host.history.transaction import Transaction

# Of a turn: it is committed and nothing of it is flushed, its flush has begun, its flush is done and nothing of it was
# said, all of it was said.
Moment = Literal["computed", "flushing", "stored", "said"]
Witness = Callable[[Moment, "Transaction"], None]

# The moment of a turn, and the kind of row that the turn must hold.
POINTS: dict[str, tuple[Moment, str | None]] = {
    "before-start": ("computed", "step.started"),
    "after-effect": ("computed", "step.completed"),
    "after-store": ("stored", "step.completed"),
    "in-sleep": ("said", "sleep.started"),
    "in-event": ("computed", "event.received"),
    "in-flush": ("flushing", None),
}


def crash_at(core: Core, point: str, reached: Callable[[], None]) -> None:
    """Call ``reached`` once, in the very moment in which the engine comes to a crash point; it should end the engine.

    Another call takes the place of one whose point was not reached. Nothing happens in between: an engine that is
    given no point is not slower, and one that is given one does nothing else than before. No text takes a point back
    that was not reached.

    Raises:
        WorkflowError: there is no such point.
    """
    core.witness = None
    if not point:
        return
    if point not in POINTS:
        raise WorkflowError(f"There is no crash point {point!r:.80}; there are {', '.join(POINTS)}.")
    wanted, kind = POINTS[point]

    def witness(moment: Moment, tx: Transaction) -> None:
        if moment != wanted or not (kind is None or any(row.kind == kind and row.src is None for row in tx.rows)):
            return
        core.witness = None
        if moment == "flushing":
            core.clock.call_later(0, reached)  # the flush begins behind this call
        else:
            reached()

    core.witness = witness
    if point == "in-sleep":
        core.post(lambda tx: _asleep_already(core, tx, witness, reached))


def _asleep_already(core: Core, tx: Transaction, witness: Witness, reached: Callable[[], None]) -> None:
    """Whoever sleeps when the point is set need not fall asleep again."""
    if core.witness is witness and tx.query("select 1 from timer where kind = 'sleep' limit 1"):
        core.witness = None
        core.clock.call_later(0, reached)  # whoever set the point has its answer first

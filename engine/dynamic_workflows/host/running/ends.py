"""How a sandbox ended, and what that means: which attempt or run is to blame, and that the others go on elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.rules import rollbacks, steps
from dynamic_workflows.host.running.logs import keep_end
from dynamic_workflows.shared import limits
from dynamic_workflows.shared.errors import (
    CpuTimeExceeded,
    ResourceLimitError,
    WorkflowError,
    WorkflowInternalError,
    WorkflowTimeoutError,
    record_of,
)

if TYPE_CHECKING:
    from dynamic_workflows.host.running.invocations import Invocation
    from dynamic_workflows.host.running.worker import Worker

Blame = Callable[[str], WorkflowError]  # what did it, in words -> the error


def ended(tx: Transaction, worker: Worker, reason: str, offences: int) -> None:
    """Fail what ended a sandbox, and interrupt everything else that ran in it.

    Args:
        reason: ``hung``, or ``limit``, ``abuse`` or ``crashed`` with what it was after a colon.
        offences: how many sandboxes in a row have ended by this code's doing.
    """
    kind, _, limit = reason.partition(": ")
    if kind in ("abuse", "crashed", "limit"):
        keep_end(tx, worker.activations.values(), reason)
    if kind == "limit":
        text = f"Execution was ended by a limit of its sandbox: %s used up {limit}"
        _fail_last(tx, worker, lambda what: ResourceLimitError(text % what))
    elif kind == "hung":
        _fail_any(tx, worker, lambda what: WorkflowTimeoutError(_hang_text(worker, what)))
    elif kind == "abuse":
        _fail_any(tx, worker, lambda what: ResourceLimitError(f"Execution was ended for abuse by {what}: {limit}"))
    elif offences >= limits.INTERRUPTIONS_MAX:
        _fail_run(tx, worker, lambda what: WorkflowInternalError(f"{what} was cut off {offences} times in a row"))
    _interrupt(tx, worker)


def exceeded(worker: Worker, invocation: Invocation | None) -> WorkflowError:
    """Return the error of a question that a silent sandbox owes an answer to; without an invocation, its loading."""
    if invocation is None:
        return WorkflowTimeoutError(_hang_text(worker, "its module code"))
    if invocation.limits.cpu_ms is None or invocation.limits.cpu_ms > worker.silence:
        return WorkflowTimeoutError(_hang_text(worker, "a call of it"))
    return CpuTimeExceeded(invocation.limits.cpu_ms)


def _interrupt(tx: Transaction, worker: Worker) -> None:
    for activation in list(worker.activations.values()):
        activation.delays.give_up(tx)
        steps.interrupt(tx, activation.instance)
        rollbacks.advance(tx, activation.instance)
        activation.end(tx, "closed")


def _hang_text(worker: Worker, what: str) -> str:
    return f"Execution timed out after {worker.silence}ms: {what} kept its sandbox busy without a pause"


def _fail_any(tx: Transaction, worker: Worker, error: Blame) -> None:
    if not _fail_last(tx, worker, error):
        _fail_run(tx, worker, error)


def _fail_last(tx: Transaction, worker: Worker, error: Blame) -> bool:
    """Let the last attempt of the run last spoken to fail; return False when it has none in flight."""
    run = worker.spoken_to
    if run is None or run.over:
        return False
    if run.delays.blame(tx, error("it")):
        return True
    last = max(run.instance.running, key=lambda key: run.instance.steps[key].attempt_seq, default=None)
    if last is None:
        return False
    name = last.partition(":")[2].rpartition("-")[0]
    steps.fail(tx, run.instance, last, record_of(error(f'step "{name}"')))
    return True


def _fail_run(tx: Transaction, worker: Worker, error: Blame) -> None:
    run = worker.spoken_to
    if run is not None and not run.over and not run.instance.running:
        rollbacks.fail(tx, run.instance, record_of(error("run() outside its steps")))

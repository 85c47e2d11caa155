"""One act for many runs at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.shared.errors import InstanceError, WorkflowError

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import Engine

MOST = 500  # runs of one turn: about 50 ms in a browser
ACTS = ("pause", "resume", "terminate", "delete")
GONE = "Instance does not exist"


def change(tx: Transaction, engine: Engine, act: object, uids: object, rollback: bool = False) -> dict[str, Any]:
    """Do one of ``ACTS`` to runs by their uids; return those it changed, and why it left out the others.

    Raises:
        WorkflowError: there is no such act, or the uids are none, or too many.
    """
    if act not in ACTS:
        raise WorkflowError(f"change {act!r:.40}: give one of {', '.join(ACTS)}.")
    if not isinstance(uids, list) or len(uids) > MOST or not all(type(uid) is int and uid > 0 for uid in uids):
        raise WorkflowError(f"change takes a list of up to {MOST} uids of runs.")
    apply = _verb(engine, str(act), rollback)
    changed: list[int] = []
    left_out: list[dict[str, Any]] = []
    for uid in dict.fromkeys(uids):
        if not tx.query("select 1 from instance where uid = ?", (uid,)):
            left_out.append({"uid": uid, "message": GONE})
            continue
        instance = engine.core.instance(tx, uid)
        before = instance.seq
        try:
            apply(tx, instance)
        except InstanceError as error:
            left_out.append({"uid": uid, "message": error.message})
        else:
            if act == "delete" or instance.seq != before:
                changed.append(uid)
        if instance.seq == before and act != "delete":
            engine.scheduler.forget(uid)
    return {"changed": changed, "left_out": left_out}


def _verb(engine: Engine, act: str, rollback: bool) -> Callable[[Transaction, Instance], None]:
    operations = engine.operations
    if act == "terminate":
        return lambda tx, instance: operations.terminate(tx, instance, rollback)
    verbs = {"pause": operations.pause, "resume": operations.resume, "delete": operations.delete}
    return verbs[act]

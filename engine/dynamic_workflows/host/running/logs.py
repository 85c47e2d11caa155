"""Log rows: lines of tenant code, what a sandbox's process says outside its frames, and notes of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history.instance import ENGINE, Instance
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.shared.limits import LOG_ROWS, LOG_TEXT
from dynamic_workflows.shared.texts import cleaned

if TYPE_CHECKING:
    from dynamic_workflows.host.running.activation import Activation

INSERT = "insert into log (uid, key, attempt, at, level, text) values (?, ?, ?, ?, ?, ?)"


def keep_line(tx: Transaction, instance: Instance, message: Mapping[str, Any]) -> None:
    """Keep a line that tenant code wrote, up to the limits."""
    if _held(tx, instance.uid) < LOG_ROWS:
        level, text = message["level"][:20], cleaned(message["text"])[:LOG_TEXT]
        tx.execute(INSERT, (instance.uid, message.get("key"), message.get("attempt"), tx.now, level, text))


def keep_written(tx: Transaction, activations: Iterable[Activation], text: str) -> None:
    """Keep lines a process wrote: of the only run it has, and of that run's only attempt; otherwise the engine's."""
    runs = [activation.instance for activation in activations]
    instance = runs[0] if len(runs) == 1 else None
    for line in text.split("\n"):
        _keep(tx, instance, "warning", line)


def keep_end(tx: Transaction, activations: Iterable[Activation], reason: str) -> None:
    """Say in the log of every run of a sandbox how that sandbox ended."""
    for activation in activations:
        _keep(tx, activation.instance, "error", f"The sandbox of this run ended: {reason}")


def keep_note(tx: Transaction, level: str, text: str) -> None:
    """Keep a line about the engine itself."""
    _keep(tx, None, level, text)


def _keep(tx: Transaction, instance: Instance | None, level: str, text: str) -> None:
    uid = ENGINE if instance is None else instance.uid
    if _held(tx, uid) >= LOG_ROWS:
        if instance is not None:
            return
        tx.execute("delete from log where pos = (select min(pos) from log where uid = ?)", (ENGINE,))
    key = attempt = None
    if instance is not None and len(instance.running) == 1:
        key = next(iter(instance.running))
        attempt = instance.steps[key].attempt
    tx.execute(INSERT, (uid, key, attempt, tx.now, level, text[:LOG_TEXT]))


def _held(tx: Transaction, uid: int) -> int:
    return int(tx.query("select count(*) from log where uid = ?", (uid,))[0][0])

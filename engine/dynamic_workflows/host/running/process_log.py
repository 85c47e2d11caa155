"""What a sandbox's process says outside its frames, and how it ended: log rows of the run concerned or the engine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dynamic_workflows.host.history.instance import ENGINE, Instance
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.shared.limits import LOG_ROWS, LOG_TEXT

if TYPE_CHECKING:
    from dynamic_workflows.host.running.activation import Activation

INSERT = "insert into log (uid, key, attempt, at, level, text) values (?, ?, ?, ?, ?, ?)"


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
    held = tx.query("select count(*) from log where uid = ?", (uid,))[0][0]
    if held >= LOG_ROWS:
        if instance is not None:
            return
        tx.execute("delete from log where pos = (select min(pos) from log where uid = ?)", (ENGINE,))
    key = attempt = None
    if instance is not None and len(instance.running) == 1:
        key = next(iter(instance.running))
        attempt = instance.steps[key].attempt
    tx.execute(INSERT, (uid, key, attempt, tx.now, level, text[:LOG_TEXT]))

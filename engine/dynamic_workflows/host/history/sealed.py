"""Values of steps with a sensitive output: kept apart from history, told to nobody but the workflow's own code."""

from __future__ import annotations

import json

from dynamic_workflows.host.history.instance import HistoryRow, Instance, Step
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.shared.streams import is_stream, stream_output

REDACTED = "[REDACTED]"
_REDACTED_TEXT = json.dumps(REDACTED)


def is_sensitive(step: Step) -> bool:
    """Return whether a step's config, as its first attempt recorded it, keeps its output from everybody's eyes."""
    return step.written is not None and step.written.get("sensitive") == "output"


def seal(tx: Transaction, row: HistoryRow, value: str) -> None:
    """Keep the value of a settling row that goes without it."""
    tx.execute("insert into sealed values (?, ?, ?)", (row.uid, row.seq, value))


def unseal(tx: Transaction, instance: Instance) -> dict[int, str]:
    """Return an instance's sealed values by the seq of their settling rows."""
    if not any(step.sealed for step in instance.steps.values()):
        return {}
    return dict(tx.query("select seq, value from sealed where uid = ?", (instance.uid,)))


def reseal(tx: Transaction, row: HistoryRow, copied: HistoryRow) -> None:
    """Keep the sealed value of a row for its copy in a later life too."""
    if row.kind == "step.completed" and row.data is None:
        sql = "insert into sealed select uid, ?, value from sealed where uid = ? and seq = ?"
        tx.execute(sql, (copied.seq, row.uid, row.seq))


def shown(kind: str, data: str | None) -> str | None:
    """Return a row's data as everybody may see it."""
    if kind != "step.completed":
        return data
    return json.dumps(shown_stream(data)) if is_stream(data) else _REDACTED_TEXT if data is None else data


def shown_stream(text: str) -> str:
    """Return what everybody may see of a stream: its beginning, unless its step is sensitive."""
    preview = stream_output(text).preview
    return REDACTED if preview is None else preview

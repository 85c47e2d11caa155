"""What changed, told to clients: at once when little happens, gathered when much does.

A push is one JSON object: ``{"event": "rows", "run": summary, "rows": [...], "ledger": [...]}`` of one run,
``{"event": "deleted", "run": {...}}`` of one that is gone, or ``{"event": "batch", "events": [...]}`` of several. Where
there were too many rows they are left out and ``"gap": true`` says so. It leaves through the outbox, like everything.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from dynamic_workflows.host.binding import shown_row
from dynamic_workflows.host.desk.summaries import Summaries
from dynamic_workflows.host.history.core import Core
from dynamic_workflows.host.history.instance import HistoryRow, Instance, Where
from dynamic_workflows.host.history.transaction import Transaction, dumps

ROWS_MAX = 200  # rows of one push; beyond it only summaries are told, and clients read what they show
SHARE = 8  # a push of n milliseconds is followed by n times as much without one

Listener = Callable[[str], None]


class Pushes:
    """Gathers what changed since the last push and tells one listener, at most every ``every`` milliseconds."""

    def __init__(self, core: Core, summaries: Summaries, listener: Listener, every: int) -> None:
        self._core, self._summaries, self._listener, self._every = core, summaries, listener, every
        self._changed: dict[int, None] = {}  # a set in order
        self._rows: list[HistoryRow] = []
        self._ledger: list[tuple[int, dict[str, Any]]] = []
        self._deleted: dict[int, Where] = {}
        self._next = 0  # not before this moment of the monotonic clock
        self._armed = False

    def look(self, tx: Transaction, changed: dict[int, Instance]) -> None:
        """Take what a turn changed."""
        self._changed |= dict.fromkeys(changed)
        if len(self._rows) <= ROWS_MAX:
            self._rows += tx.rows
        self._ledger += tx.ledger
        self._deleted |= tx.deleted
        self._changed |= {uid: None for uid, _ in tx.ledger}
        wait = self._next - self._core.clock.elapsed()
        if wait <= 0:
            self._push(tx)
        elif not self._armed:
            self._armed = True
            self._core.clock.call_later(wait, partial(self._core.post, self._due))

    def _due(self, tx: Transaction) -> None:
        self._armed = False
        self._push(tx)

    def _push(self, tx: Transaction) -> None:
        """Tell everything that has gathered, once the turn is durable."""
        if not self._changed and not self._deleted:
            return
        began = self._core.clock.elapsed()
        events = self._events(tx)
        self._changed, self._rows, self._ledger, self._deleted = {}, [], [], {}
        if events:
            text = dumps(events[0] if len(events) == 1 else {"event": "batch", "events": events})
            tx.after(partial(self._listener, text))
        ended = self._core.clock.elapsed()
        self._next = ended + max(self._every, SHARE * (ended - began)) if self._every else 0

    def _events(self, tx: Transaction) -> list[dict[str, Any]]:
        rows: dict[int, list[dict[str, Any]]] = {uid: [] for uid in self._changed}
        calls: dict[int, list[dict[str, Any]]] = {uid: [] for uid in self._changed}
        gap = {"gap": True} if len(self._rows) > ROWS_MAX else {}
        for row in () if gap else self._rows:
            if row.uid in rows:  # else deleted in the turn that wrote it
                rows[row.uid].append(
                    shown_row(row.pos, row.seq, row.life, row.at, row.kind, row.key, row.attempt, row.data)
                )
        for uid, call in self._ledger:
            calls[uid].append(call)
        gone = [
            {"event": "deleted", "run": {"uid": uid, "tenant": tenant, "workflow": workflow, "id": id}}
            for uid, (workflow, tenant, id) in self._deleted.items()
        ]
        return gone + [
            {"event": "rows", "run": summary, "rows": rows[uid], "ledger": calls[uid], **gap}
            for uid, summary in self._summaries.listed(tx, self._changed)
        ]

"""``env.WORLD``: a stand-in for everything outside. Every call is a ledger row before its answer sets out.

Any method answers a receipt ``{"id": …}``. Same tenant, method and key: the first receipt again, done once. No key:
done again. ``fail_first=n`` makes the first n calls fail, as a script for examples.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dynamic_workflows.host.history.instance import ENGINE
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.running.calls import Call
from dynamic_workflows.shared import values
from dynamic_workflows.shared.errors import WorkflowError

COLUMNS = ("pos", "step", "attempt", "method", "args", "kwargs", "key", "receipt", "asked", "done", "at")
SELECT = (
    "select l.pos, l.step, l.attempt, l.method, l.args, l.kwargs, l.key, l.receipt, l.asked, l.done, l.at,"
    " l.tenant, i.workflow, i.id, l.uid from ledger l left join instance i on i.uid = l.uid"
)


class WorldError(WorkflowError):
    """Raised by a call that was scripted to fail."""


class World:
    """The outside world of one tenant. ``delay`` returns the milliseconds an answer takes."""

    kind = "service"

    def __init__(self, tenant: str, delay: Callable[[], int]) -> None:
        self._tenant, self._delay = tenant, delay

    def in_turn(self, tx: Transaction, call: Call) -> tuple[Any, int]:
        """Enter the call in the ledger and return its receipt, or the failure it was scripted to have.

        Raises:
            WorldError: key or fail_first are not what they should be.
        """
        kwargs = dict(call.kwargs)
        key, fail_first = kwargs.pop("key", None), kwargs.pop("fail_first", 0)
        if key is not None and (type(key) is not str or not 0 < len(key) <= 200):
            raise WorldError(f"WORLD.{call.method}: key is text of 1 to 200 characters, not {key!r:.80}.")
        if type(fail_first) is not int or fail_first < 0:
            raise WorldError(f"WORLD.{call.method}: fail_first is a count, not {fail_first!r:.80}.")
        uid, text = call.instance.uid if call.instance else ENGINE, values.encode(kwargs)
        before = self._before(tx, call, uid, text, key)
        asked, done = (before[1] + 1, before[2]) if before else (1, 0)
        fails = asked <= fail_first
        if not fails and (key is None or done == 0):
            done += 1
            receipt = {"id": f"{call.method}-{self._done(tx, call.method) + 1}"}
        else:
            receipt = json.loads(before[3]) if before else {}
        if before:
            pos = before[0]
            tx.execute(
                "update ledger set asked = ?, done = ?, attempt = ?, receipt = ? where pos = ?",
                (asked, done, call.attempt, json.dumps(receipt), pos),
            )
        else:
            pos = tx.execute(
                "insert into ledger (tenant, uid, step, attempt, method, args, kwargs, key, receipt, asked, done, at)"
                " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning pos",
                (self._tenant, uid, call.key, call.attempt, call.method, call.args_text, text, key,
                 json.dumps(receipt), asked, done, tx.now),
            )[0][0]  # fmt: skip
        if uid != ENGINE:
            tx.ledger.append((uid, ledger(tx, "where l.pos = ?", (pos,))[0]))
        if fails:
            return WorldError(f"{call.method} failed, as scripted ({asked} of {fail_first})"), self._delay()
        return receipt, self._delay()

    def _before(self, tx: Transaction, call: Call, uid: int, kwargs: str, key: str | None) -> Any:
        """Return the row of the same call before: by key, or by an earlier attempt of the same step."""
        columns = "select pos, asked, done, receipt from ledger where tenant = ? and method = ?"
        if key is not None:
            rows = tx.query(f"{columns} and key = ?", (self._tenant, call.method, key))
        else:
            rows = tx.query(
                f"{columns} and key is null and uid = ? and step is not null and step = ? and args = ? and kwargs = ?"
                " and attempt < ? order by pos limit 1",
                (self._tenant, call.method, uid, call.key, call.args_text, kwargs, call.attempt),
            )
        return rows[0] if rows else None

    def _done(self, tx: Transaction, method: str) -> int:
        sql = "select coalesce(sum(done), 0) from ledger where tenant = ? and method = ?"
        return int(tx.query(sql, (self._tenant, method))[0][0])


def ledger(tx: Transaction, where: str = "", args: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
    """Return ledger rows as objects, oldest first; a call of a request that belongs to no run has no instance."""
    rows = []
    for row in tx.query(f"{SELECT} {where} order by l.pos", args):
        if row[13] is None and row[14] != ENGINE:  # its instance was deleted
            continue
        entry = dict(zip(COLUMNS, row, strict=False))
        entry["receipt"] = json.loads(entry["receipt"])
        rows.append({**entry, "tenant": row[11], "workflow": row[12], "instance": row[13]})
    return rows

"""What a list of runs shows of each: from memory where it is, else from the tables without reading its history."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any

from dynamic_workflows.host.desk import listing
from dynamic_workflows.host.history.core import Core
from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.protocols import Row
from dynamic_workflows.host.rules import rollbacks
from dynamic_workflows.host.tenants.platform import unwrap

PAGE = 500  # uids of one statement
NUMBER = "select count(*) from instance where tenant = ? and workflow = ? and uid > ? and uid <= ?"
STORED = """
select i.uid, i.tenant, i.workflow, i.id, i.version, i.status, i.created, i.ended, i.seq, i.offset, i.params, i.phase,
  i.life, (select min(due) from timer where uid = i.uid), last.kind, last.data
from instance i left join history last on i.ended is not null and last.uid = i.uid and last.seq = i.seq
where i.uid in ({})
"""
FIRST = "select data from history where uid = ? and seq = 1"
ROLLBACK = "select data from history where uid = ? and life = ? and kind = 'rollback.ended'"


class Summaries:
    """Summaries of runs, as JSON objects. The number of a run counts those of its tenant and workflow up to it."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._numbers = Numbers()

    def of(self, tx: Transaction, instance: Instance) -> dict[str, Any]:
        """Return the summary of an instance in memory."""
        return self._held(tx, instance, listing.names_of(tx, [instance.uid]))

    def _held(self, tx: Transaction, instance: Instance, names: Mapping[int, str]) -> dict[str, Any]:
        metadata, params = unwrap(instance.params)
        return {
            "uid": instance.uid, "tenant": instance.tenant, "workflow": instance.workflow, "id": instance.id,
            "name": names.get(instance.uid),
            "number": self._numbers.of(tx, instance.uid, instance.tenant, instance.workflow),
            "entrypoint": metadata.get("entrypoint"), "main": metadata.get("main"),
            "version": instance.version or metadata.get("version"), "schedule": instance.schedule,
            "status": instance.status, "state": listing.state_of(instance), "awaits": listing.awaited(instance),
            "created": instance.created, "ended": instance.ended,
            "seq": instance.seq, "next_due": instance.next_due(), "offset": instance.offset, "params": params,
            "output": instance.output, "error": instance.error, "rollback": rollbacks.outcome(instance),
        }  # fmt: skip

    def listed(self, tx: Transaction, uids: Iterable[int]) -> list[tuple[int, dict[str, Any]]]:
        """Return uids with their summaries in the given order; instances that have been deleted are left out."""
        wanted, found = list(uids), {}
        for start in range(0, len(wanted), PAGE):
            page = wanted[start : start + PAGE]
            names, missing = listing.names_of(tx, page), []
            for uid in page:
                held = self._core.held(uid)
                if held is None:
                    missing.append(uid)
                else:
                    found[uid] = self._held(tx, held, names)
            for row in tx.query(STORED.format(", ".join("?" * len(missing))), missing) if missing else ():
                found[row[0]] = self._stored(tx, row, names)
        return [(uid, found[uid]) for uid in wanted if uid in found]

    def _stored(self, tx: Transaction, row: Row, names: Mapping[int, str]) -> dict[str, Any]:
        (uid, tenant, workflow, id, version, status, created, ended, seq, offset, params, phase, life, due, kind,
         data) = row  # fmt: skip
        metadata, own = unwrap(params)
        return {
            "uid": uid, "tenant": tenant, "workflow": workflow, "id": id, "name": names.get(uid),
            "number": self._numbers.of(tx, uid, tenant, workflow),
            "entrypoint": metadata.get("entrypoint"), "main": metadata.get("main"),
            "version": version or metadata.get("version"), "schedule": _schedule(tx, uid, id),
            "status": status, "state": listing.stored_state(tx, uid, status),
            "awaits": listing.stored_awaited(tx, uid),
            "created": created, "ended": ended, "seq": seq, "next_due": due, "offset": offset,
            "params": own, "output": data if kind == "completed" else None,
            "error": json.loads(data)["error"] if kind == "errored" else None,
            "rollback": _rolled_back(tx, uid, life) if phase == "rollback" else None,
        }  # fmt: skip


class Numbers:
    """How many instances of its tenant and workflow there were up to each; counted from the nearest one known.

    A number stays what it was when earlier instances are deleted, for as long as this engine lives.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], list[tuple[int, int]]] = {}  # uid and number, by uid

    def of(self, tx: Transaction, uid: int, tenant: str, workflow: str) -> int:
        """Return the number of an instance."""
        known = self._known.setdefault((tenant, workflow), [])
        at = bisect_left(known, (uid, 0))
        if at < len(known) and known[at][0] == uid:
            return known[at][1]
        number = self._counted(tx, uid, (tenant, workflow), known[at - 1 : at], known[at : at + 1])
        known.insert(at, (uid, number))
        return number

    def _counted(
        self,
        tx: Transaction,
        uid: int,
        where: tuple[str, str],
        below: list[tuple[int, int]],
        above: list[tuple[int, int]],
    ) -> int:
        first, base = below[0] if below else (0, 0)
        if above and above[0][0] - uid < uid - first:
            last, number = above[0]
            return int(max(base + 1, number - tx.query(NUMBER, (*where, uid, last))[0][0]))
        return int(base + tx.query(NUMBER, (*where, first, uid))[0][0])


def _schedule(tx: Transaction, uid: int, id: str) -> dict[str, Any] | None:
    """Return what a schedule's instance was created by; only a schedule makes ids with spaces."""
    if " " not in id:
        return None
    schedule: dict[str, Any] | None = json.loads(tx.query(FIRST, (uid,))[0][0]).get("schedule")
    return schedule


def _rolled_back(tx: Transaction, uid: int, life: int) -> dict[str, Any] | None:
    rows = tx.query(ROLLBACK, (uid, life))
    if not rows:
        return None
    data = json.loads(rows[0][0])
    failure = data.get("error")
    error = None if failure is None else {"name": failure["name"], "message": failure["message"]}
    return {"outcome": data["outcome"], "error": error}

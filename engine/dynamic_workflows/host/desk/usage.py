"""What takes room in a store, and a way to make some: ended instances go, a bounded number in one turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.desk.summaries import Summaries
from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.protocols import Row
from dynamic_workflows.shared.errors import WorkflowError
from dynamic_workflows.shared.limits import DELETE_TURN, SHRINK_PAGES

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import Engine

Json = Any
ROW = 40  # bytes of a row beside its values, its part of the indexes included
LISTED = 200  # ended instances that are named, those that take most
_BYTES = f"""
select i.tenant, i.uid, i.ended is not null, coalesce(length(i.params), 0) + {2 * ROW} + sum(part.bytes) taken
from instance i join (
  select uid, sum(coalesce(length(data), 0) + coalesce(length(key), 0) + {ROW}) bytes from history group by uid
  union all select uid, sum(length(value) + {ROW}) from sealed group by uid
  union all select uid, sum(length(bytes) + {ROW}) from chunk group by uid
  union all select uid, sum(length(text) + {ROW}) from log group by uid
) part using (uid) group by i.uid order by taken desc, i.uid
"""
_ENDED = "select uid from instance where ended is not null"


def usage(tx: Transaction, summaries: Summaries) -> Json:
    """Return the bytes of the store, of each tenant's instances, and of the ended instances that take most."""
    tenants: dict[str, dict[str, Any]] = {}
    ended: dict[int, int] = {}
    for tenant, uid, over, taken in tx.query(_BYTES):
        of = tenants.setdefault(tenant, {"tenant": tenant, "runs": 0, "bytes": 0, "ended": 0, "ended_bytes": 0})
        of["runs"] += 1
        of["bytes"] += taken
        if over:
            of["ended"] += 1
            of["ended_bytes"] += taken
            if len(ended) < LISTED:
                ended[uid] = taken
    listed = [_listed(summary, ended[uid]) for uid, summary in summaries.listed(tx, ended)]
    by_size = sorted(tenants.values(), key=lambda of: (-of["bytes"], of["tenant"]))
    return {**room(tx), "tenants": by_size, "ended": listed}


def room(tx: Transaction) -> dict[str, int]:
    """Return the bytes that a store takes, and those of them that are free to be used again."""
    pages, free, page = (tx.query(f"pragma {name}")[0][0] for name in ("page_count", "freelist_count", "page_size"))
    return {"bytes": pages * page, "free": free * page}


def delete_ended(engine: Engine, tx: Transaction, args: Mapping[str, Any]) -> Json:
    """Delete ended instances: those of ``runs``, or the oldest of ``tenant``; at most ``DELETE_TURN`` in one turn.

    What is still going on stays, and so does the ledger of outside calls. Pages of the file are given back unless
    ``shrink`` is false.

    Returns:
        How many were ``deleted``, and how many of the wanted ones are ``left``.
    """
    wanted = _wanted(tx, args)
    for (uid,) in wanted[:DELETE_TURN]:
        instance = Instance(uid) if engine.scheduler.idle(uid) else engine.core.instance(tx, uid)
        engine.operations.delete(tx, instance)
    if args.get("shrink") is not False:
        free = tx.query("pragma freelist_count")[0][0]
        for _ in range(min(free, SHRINK_PAGES)):
            tx.execute("pragma incremental_vacuum(1)")  # Python's sqlite3 takes one step of a statement without columns
    return {"deleted": len(wanted[:DELETE_TURN]), "left": len(wanted[DELETE_TURN:])}


def _wanted(tx: Transaction, args: Mapping[str, Any]) -> list[Row]:
    tenant, runs = args.get("tenant"), args.get("runs")
    if isinstance(tenant, str):
        return tx.query(f"{_ENDED} and tenant = ? order by uid", (tenant,))
    if not isinstance(runs, list) or not all(isinstance(run, Mapping) for run in runs):
        raise WorkflowError("delete_ended takes runs, a list of {tenant, workflow, id}, or the tenant whose runs go.")
    keys = ("workflow", "tenant", "id")
    each = (
        tx.query(f"{_ENDED} and workflow = ? and tenant = ? and id = ?", [str(run.get(k)) for k in keys])
        for run in runs
    )
    return [row for rows in each for row in rows]


def _listed(summary: Mapping[str, Any], taken: int) -> dict[str, Any]:
    names = ("tenant", "workflow", "id", "entrypoint", "number", "status", "created", "ended")
    return {**{name: summary[name] for name in names}, "bytes": taken}

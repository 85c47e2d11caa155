"""What a dashboard of a whole store shows: counts, due times and room in one read, and what happened in all runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamic_workflows.host.desk.listing import NAMES, PENDING
from dynamic_workflows.host.desk.summaries import Summaries
from dynamic_workflows.host.desk.usage import room
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.shared.errors import WorkflowError

NEXT = 20  # due times that are listed one by one
BOUNDS_MAX = 20
ROWS_MAX = 5_000  # rows of history in one answer
KINDS = ("queued", "completed", "errored", "terminated", "step.started", "step.completed", "step.failed")
COLUMNS = ("pos", "uid", "tenant", "workflow", "id", "at", "kind", "key", "life", "attempt", "final", "interrupted")

_RANK = " ".join(f"when '{kind}' then {rank}" for rank, kind in enumerate(PENDING))
_COUNTS = f"""
select i.tenant, i.status, waiting.rank, count(*) from instance i
left join (select uid, min(case kind {_RANK} end) rank from timer group by uid) waiting
  on i.status = 'waiting' and waiting.uid = i.uid
group by 1, 2, 3 order by 1, 2, 3
"""
_NEXT = """
select i.uid, i.tenant, i.workflow, i.id, t.kind, t.key, t.due
from (select * from timer order by due, uid, key limit ?) t join instance i using (uid) order by t.due, t.uid, t.key
"""
_WITHIN = "select kind, within, count(*) from (select kind, case {} end within from timer) group by 1, 2"
_NEWEST = "select coalesce(max(pos), 0) from history"
_ROWS = f"""
select h.pos, h.uid, i.tenant, i.workflow, i.id, h.at, h.kind, h.key, h.life, h.attempt,
  h.kind = 'step.failed' and coalesce(json_extract(h.data, '$.final'), 0),
  h.kind = 'step.failed' and coalesce(json_extract(h.data, '$.interrupted'), 0)
from history h join instance i using (uid)
where h.pos > ? and h.at >= ? and h.kind in ({", ".join(f"'{kind}'" for kind in KINDS)})
order by h.pos desc limit ?
"""


def overview(tx: Transaction, summaries: Summaries, args: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many runs there are by tenant and state, what is due, and the bytes that are stored.

    ``within`` of ``args`` are milliseconds, ascending: due times are counted by the first that covers them, those
    beyond the last by None. Runs that are paused have none.
    """
    return {
        "now": tx.now,
        "runs": [{"tenant": tenant, "state": _state(status, rank), "runs": count}
                 for tenant, status, rank, count in tx.query(_COUNTS)],
        "due": {"within": _within(tx, _bounds(args.get("within", []))), "next": _next(tx, summaries)},
        "storage": room(tx),
    }  # fmt: skip


def activity(tx: Transaction, args: Mapping[str, Any]) -> dict[str, Any]:
    """Return rows of the histories of all runs, oldest first: their beginnings and ends, and those of step attempts.

    Args:
        tx: the turn.
        args: ``after`` leaves out what is known up to that ``pos``, ``since`` what was before that time. Of more rows
            than ``limit`` the newest are returned, and ``gap`` says that there are others.

    Returns:
        ``rows``, lists in the order of ``columns``, and ``pos``, to ask with the next time.
    """
    after, since, most = (_number(args, name, most) for name, most in (("after", 0), ("since", 0), ("limit", ROWS_MAX)))
    most = min(most, ROWS_MAX)
    newest = tx.query(_NEWEST)[0][0]
    rows = tx.query(_ROWS, (after, since, most + 1))
    return {"now": tx.now, "columns": list(COLUMNS), "rows": rows[:most][::-1], "pos": newest, "gap": len(rows) > most}


def _state(status: str, rank: int | None) -> str:
    if status == "waiting" and rank is not None:
        return NAMES[PENDING[rank]]
    return NAMES.get(status, status)


def _next(tx: Transaction, summaries: Summaries) -> list[dict[str, Any]]:
    names = ("uid", "tenant", "workflow", "id", "kind", "key", "at")
    coming = [dict(zip(names, row, strict=True)) for row in tx.query(_NEXT, (NEXT,))]
    runs = dict(summaries.listed(tx, {one["uid"] for one in coming}))
    return [one | {name: runs[one["uid"]][name] for name in ("name", "number", "entrypoint")} for one in coming]


def _within(tx: Transaction, bounds: list[int]) -> list[dict[str, Any]]:
    cases = "".join(f" when due <= {tx.now + bound} then {bound}" for bound in bounds)
    rows = tx.query(_WITHIN.format(cases or " when false then 0"))
    return [{"kind": kind, "within": within, "timers": count} for kind, within, count in rows]


def _bounds(given: object) -> list[int]:
    if not isinstance(given, list) or len(given) > BOUNDS_MAX or not all(type(one) is int and one > 0 for one in given):
        raise WorkflowError(f"within is {given!r:.80}: give up to {BOUNDS_MAX} numbers of milliseconds.")
    return sorted(given)


def _number(args: Mapping[str, Any], name: str, otherwise: int) -> int:
    value = args.get(name, otherwise)
    if type(value) is not int or value < 0:
        raise WorkflowError(f"{name} is {value!r:.40}: give a whole number from 0 on.")
    return value

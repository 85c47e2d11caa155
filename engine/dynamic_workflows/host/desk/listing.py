"""Which runs there are: found by tenant, state and text, counted by state, newest first.

A client holds the uids of what it found and asks for the summaries of those it shows, so that a list of 50,000 costs
the rows on the screen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.transaction import Transaction, dumps
from dynamic_workflows.shared.errors import WorkflowError

STATES = (
    "queued", "running", "retrying", "waiting", "sleeping", "pausing", "paused", "complete", "errored", "terminated",
)  # fmt: skip
PENDING = ("retry", "wait", "sleep")  # kinds of timers; the first that an instance has says what it waits for
NAMES = {"retry": "retrying", "wait": "waiting", "sleep": "sleeping", "waitForPause": "pausing"}
SEARCH_MAX = 200  # characters
NAME_MAX = 100
PAGE = 1_000  # runs that one request reads

FOUND = "select uid, status from instance {} order by uid desc"
KINDS = "select uid, kind from timer"
TEXT = "instr(lower(id), ?) or instr(lower(workflow), ?) or uid in (select value from json_each(?))"
NUMBERED = re.compile(r"(.*\S)[\s·]+([1-9]\d{0,8})", re.DOTALL)  # `order · 3` as a list shows it
NTH = (
    "uid in (select uid from (select uid, row_number() over (partition by tenant, workflow order by uid) as n"
    " from instance where replace(workflow, '-', '') = ?) where n = ?"
    " and uid not in (select uid from name))"
)


def state_of(instance: Instance) -> str:
    """Return the state that lists show: the status, and of one that waits, for what."""
    status = instance.status
    return _state(status, {kind for kind, _ in instance.timers.values()}) if status == "waiting" else _plain(status)


def stored_state(tx: Transaction, uid: int, status: str) -> str:
    """Return the same from the tables."""
    if status != "waiting":
        return _plain(status)
    return _state(status, {kind for (kind,) in tx.query("select kind from timer where uid = ?", (uid,))})


def awaited(instance: Instance) -> str | None:
    """Return the type of the event that the oldest waiter of an instance waits for."""
    return next((type for _, type in instance.waits.values()), None)


def stored_awaited(tx: Transaction, uid: int) -> str | None:
    """Return the same from the tables."""
    rows = tx.query("select type from wait where uid = ? order by seq limit 1", (uid,))
    return rows[0][0] if rows else None


def find(tx: Transaction, tenant: str | None, states: list[str] | None, search: str | None) -> dict[str, Any]:
    """Return the uids of the runs that fit, newest first, and how many there are of each state and tenant.

    Args:
        states: names of ``STATES``; the counts are of all states, so that a filter can say what it would show.
        search: text in the id, the name or the workflow, or a name as lists show it: ``order · 3``.

    Raises:
        WorkflowError: there is no such state, or the text is too long.
    """
    wanted = _checked(states, search)
    where, args = _where(tx, tenant, search)
    waiting = _pending(tx)
    uids, counts = [], Counter[str]()
    for uid, status in tx.query(FOUND.format(where), args):
        state = _state(status, waiting.get(uid, ())) if status == "waiting" else _plain(status)
        counts[state] += 1
        if wanted is None or state in wanted:
            uids.append(uid)
    tenants = [name for (name,) in tx.query("select distinct tenant from instance order by tenant")]
    return {"uids": uids, "counts": dict(counts), "tenants": tenants}


def limit(most: object) -> int:
    """Return how many runs are asked for, 1,000 at most.

    Raises:
        WorkflowError: it is no number.
    """
    if type(most) is not int or most < 0:
        raise WorkflowError(f"limit is {most!r:.40}: give a number of runs.")
    return min(most, PAGE)


def numbers(uids: object) -> list[int]:
    """Return the uids of up to 1,000 runs.

    Raises:
        WorkflowError: they are none, or too many.
    """
    if not isinstance(uids, list) or len(uids) > PAGE or not all(type(uid) is int for uid in uids):
        raise WorkflowError(f"uids is a list of up to {PAGE:,} numbers of runs.")
    return uids


def _checked(states: list[str] | None, search: str | None) -> set[str] | None:
    if search is not None and (not isinstance(search, str) or len(search) > SEARCH_MAX):
        raise WorkflowError(f"search is text of up to {SEARCH_MAX} characters.")
    if states is None:
        return None
    if not isinstance(states, list) or not all(state in STATES for state in states):
        raise WorkflowError(f"states is {states!r:.120}: give a list of {', '.join(STATES)}.")
    return set(states)


def _where(tx: Transaction, tenant: str | None, search: str | None) -> tuple[str, list[Any]]:
    parts, args = [], list[Any]()
    if tenant is not None:
        parts.append("tenant = ?")
        args.append(tenant)
    text = (search or "").strip().casefold()
    if text:
        named = [uid for uid, name in tx.query("select uid, name from name") if text in name.casefold()]
        fits = TEXT
        args += [text, text, dumps(named)]
        numbered = NUMBERED.fullmatch(text)
        if numbered:
            fits = f"{TEXT} or {NTH}"
            args += [re.sub(r"[\s·-]", "", numbered[1]), int(numbered[2])]
        parts.append(f"({fits})")
    return (f"where {' and '.join(parts)}" if parts else ""), args


def _pending(tx: Transaction) -> dict[int, set[str]]:
    kinds: dict[int, set[str]] = {}
    for uid, kind in tx.query(KINDS):
        kinds.setdefault(uid, set()).add(kind)
    return kinds


def _state(status: str, kinds: Any) -> str:
    return next((NAMES[kind] for kind in PENDING if kind in kinds), status)


def _plain(status: str) -> str:
    return "pausing" if status == "waitingForPause" else status


def rename(tx: Transaction, instance: Instance, name: object) -> None:
    """Give a run a name of its own; None or blank text gives it back the one it had.

    Raises:
        WorkflowError: it is no text, or too long.
    """
    if name is not None and (not isinstance(name, str) or len(name) > NAME_MAX):
        raise WorkflowError(f"A run's name is text of up to {NAME_MAX} characters.")
    own = (name or "").strip()
    if own:
        tx.execute("insert or replace into name values (?, ?)", (instance.uid, own))
    else:
        tx.execute("delete from name where uid = ?", (instance.uid,))


def names_of(tx: Transaction, uids: Sequence[int]) -> dict[int, str]:
    """Return the names that runs were given, by uid; those without one are left out."""
    return dict(tx.query(f"select uid, name from name where uid in ({', '.join('?' * len(uids))})", uids))

"""The invariants from the outside: of an exported database, of its ledger, and of what clients were told."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from dynamic_workflows.host.history.instance import HistoryRow
from dynamic_workflows.host.history.rebuild import TABLES, derive
from tests.crash.load import Run
from tests.simulation.facts import Facts
from tests.simulation.invariants import Broken, take

ROWS = f"select {', '.join(HistoryRow._fields)} from history where uid > 0 order by uid, seq"
LEDGER = "select uid, tenant, step, attempt, method, args, key, asked, done from ledger order by pos"


class _Reader:
    """What ``derive`` needs of a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def query(self, sql: str, args: Any = ()) -> list[Any]:
        return self.connection.execute(sql, args).fetchall()


class Witness:
    """Remembers what was stored and what was said, and compares everything that comes later with it."""

    def __init__(self) -> None:
        self.rows: dict[int, list[tuple[Any, ...]]] = {}
        self.facts: dict[str, Facts] = {}  # by id, as of the last look

    def look(self, content: bytes, path: Path, runs: list[Run], *, ended: bool = False) -> None:
        """Check a copy of the database.

        Args:
            ended: whether every run is to have come to its end.

        Raises:
            Broken: an invariant does not hold.
        """
        path.write_bytes(content)
        with closing(sqlite3.connect(path)) as connection:
            found = connection.execute("pragma integrity_check").fetchall()
            if found != [("ok",)]:
                raise Broken("the_database_is_whole", str(found))
            facts = self._histories(connection)
            tables(connection)
            ledger(connection, facts)
        for run in runs:
            told(run, facts)
            if ended:
                outcome(run, facts)
        self.facts = facts

    def _histories(self, connection: sqlite3.Connection) -> dict[str, Facts]:
        """Fold every row through the simulation's invariants; nothing that was seen before may have changed."""
        all: dict[int, Facts] = {}
        for row in map(HistoryRow._make, connection.execute(ROWS)):
            take(all.setdefault(row.uid, Facts(row.uid)), row)
        for uid, before in self.rows.items():
            now = [tuple(row) for row in all[uid].rows] if uid in all else []
            if now[: len(before)] != before:
                raise Broken(
                    "what_was_seen_stays", f"uid {uid} had {len(before)} rows, which are not the first of {now}"
                )
        self.rows = {uid: [tuple(row) for row in facts.rows] for uid, facts in all.items()}
        return {facts.id: facts for facts in all.values()}


def tables(connection: sqlite3.Connection) -> None:
    """Check that the derived tables are what history alone says."""
    tx: Any = _Reader(connection)
    for name, expected in derive(tx).items():
        if tx.query(TABLES[name]) != expected:
            raise Broken("derived_tables_equal_rebuild", f"{name}: {tx.query(TABLES[name])}, not {expected}")


def ledger(connection: sqlite3.Connection, facts: dict[str, Facts]) -> None:
    """Check every call: with a key done once; without one once an attempt at most; none after its step's end."""
    by_uid = {each.uid: each for each in facts.values()}
    for uid, tenant, step, attempt, method, args, key, asked, done in connection.execute(LEDGER):
        of = by_uid.get(uid)
        where = f"{method}{args} of {of.id if of else uid}, step {step}"
        if of is None or of.tenant != tenant or tenant not in args:
            raise Broken("tenants_never_observe_each_other", f"{where}: {tenant} asked")
        if key is not None and done > 1:
            raise Broken("a_keyed_call_is_done_once", f"{where}: done {done} times")
        known = of.steps.get(step)
        if known is None or not attempt <= known.attempt or asked > known.attempt:
            raise Broken("an_effect_belongs_to_a_stored_attempt", f"{where}: asked {asked} times, attempt {attempt}")
        if known.settled and attempt > known.settled_attempt:
            raise Broken("a_finished_step_never_runs_again", f"{where}: attempt {attempt} asked after its end")


def told(run: Run, facts: dict[str, Facts]) -> None:
    """Check that what somebody was told is there, and that nothing is there twice."""
    of = facts.get(run.id)
    if of is None:
        if run.created:
            raise Broken("what_is_acknowledged_is_stored", f"{run.id} was created and is gone")
        return
    if run.refused:
        raise Broken("a_refused_request_changes_nothing", f"{run.id} was refused and is there")
    received = Counter(
        json.loads(json.loads(row.data or "")["payload"])["number"] for row in of.rows if row.kind == "event.received"
    )
    if run.accepted - received.keys():
        raise Broken("what_is_acknowledged_is_stored", f"{run.id} lost events {run.accepted - received.keys()}")
    if received.keys() - run.sent or any(count > 1 for count in received.values()):
        raise Broken("a_request_is_carried_out_once", f"{run.id} was sent {run.sent} and received {received}")


def outcome(run: Run, facts: dict[str, Facts]) -> None:
    """Check that a run came to the end that its plan says."""
    of = facts.get(run.id)
    wanted = "errored" if run.plan["undo"] else "complete"
    if of is None or of.final != wanted:
        raise Broken("every_instance_comes_to_its_end", f"{run.id} is {of and of.final}, not {wanted}")
    if run.plan["undo"]:
        if of.undone is None or of.undone["outcome"] != "complete":
            raise Broken("every_instance_comes_to_its_end", f"{run.id}: rollback {of.undone}")
        return
    output = json.loads(of.output or "null")
    if output["steps"] != run.plan["keyed"] + run.plan["plain"] or len(set(output["heard"])) != run.plan["events"]:
        raise Broken("an_accepted_event_is_delivered_once", f"{run.id}: {output} of {run.plan}")

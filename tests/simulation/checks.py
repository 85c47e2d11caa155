"""The invariants that need more than one row: tables, messages, callbacks, answers to clients, and ends."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.binding import WorkflowInstance
from dynamic_workflows.host.dispatcher import wrap_workflow_binding
from dynamic_workflows.host.history.events import IDS_A_ROW
from dynamic_workflows.host.history.instance import TEXT
from dynamic_workflows.host.history.rebuild import TABLES, derive
from dynamic_workflows.shared.errors import (
    InstanceAlreadyExists,
    InstanceCannotRestart,
    InstanceCannotTerminate,
    InstanceFinished,
    InstanceNotFound,
    NothingToRetry,
    NothingToSkip,
    WorkflowError,
)
from dynamic_workflows.shared.protocol import decode_frame
from tests.simulation.facts import Facts
from tests.simulation.interpreter import Execution
from tests.simulation.invariants import Broken
from tests.simulation.model import Replay, memo_of, outcome
from tests.simulation.plan import Cast, Incident, event_of

if TYPE_CHECKING:
    from tests.simulation.simulator import Simulation
    from tests.simulation.world import SteppedSandbox

OF_INSTANCES = ("instance", "history", "timer", "wait", "inbox", "sealed", "chunk", "log")


class _Reader:
    """What ``derive`` needs of a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def query(self, sql: str, args: Any = ()) -> list[Any]:
        return self.connection.execute(sql, args).fetchall()


# -- tables -----------------------------------------------------------------------------------------------------


def tables(sim: Simulation, connection: sqlite3.Connection) -> None:
    """Check everything a database holds against what was stored of it.

    Raises:
        Broken: see the names.
    """
    tx: Any = _Reader(connection)
    rows = tx.query(
        "select pos, uid, seq, life, at, kind, key, attempt, data, src from history where uid > 0 order by uid, seq"
    )
    known = [tuple(row) for uid in sorted(sim.facts) for row in sim.facts[uid].rows]
    if rows != known:
        raise Broken("history_is_append_only", f"{len(rows)} rows are stored, {len(known)} were, and they differ")
    for name, expected in derive(tx).items():
        found = tx.query(TABLES[name])
        if found != expected:
            raise Broken("derived_tables_equal_rebuild", f"{name} holds {found}, and history says {expected}")
    _kept(sim, tx)
    for name in OF_INSTANCES:
        left = tx.query(f"select distinct uid from {name} where uid > 0 and uid not in (select uid from instance)")
        if left:
            raise Broken("a_deleted_instance_leaves_nothing", f"{name} still holds rows of {left}")
    _sealed(sim, tx)


def _kept(sim: Simulation, tx: Any) -> None:
    inbox = tx.query("select uid, seq, type from inbox order by uid, seq")
    expected = [(uid, seq, e.type) for uid, f in sorted(sim.facts.items()) for seq, e in sorted(f.inbox.items())]
    if inbox != expected:
        raise Broken("an_accepted_event_is_delivered_once_or_kept", f"inbox holds {inbox}, not {expected}")
    waits = tx.query("select uid, key, type from wait order by uid, seq")
    waiting = [(uid, key, type) for uid, f in sorted(sim.facts.items()) for key, type in f.waits.items()]
    if waits != waiting:
        raise Broken("an_accepted_event_is_delivered_once_or_kept", f"wait holds {waits}, not {waiting}")


def sealed_of(tx: Any) -> dict[int, dict[int, str]]:
    """Return the sealed values by uid and seq."""
    found: dict[int, dict[int, str]] = {}
    for uid, seq, value in tx.query("select uid, seq, value from sealed"):
        found.setdefault(uid, {})[seq] = value
    return found


def _sealed(sim: Simulation, tx: Any) -> None:
    found = {(uid, seq) for uid, values in sealed_of(tx).items() for seq in values}
    expected = {
        (f.uid, r.seq) for f in sim.facts.values() for r in f.rows if r.kind == "step.completed" and r.data is None
    }
    if found != expected:
        raise Broken("a_sensitive_output_is_sealed", f"sealed holds {sorted(found)}, not {sorted(expected)}")


# -- what leaves the engine, and what runs ------------------------------------------------------------------------


def said(sim: Simulation, sandbox: SteppedSandbox, text: str) -> None:
    """Whatever a guest is told is stored."""
    for message in decode_frame(text).messages:
        kind, run = message["k"], int(message.get("run", 0))
        if kind == "run":
            activation = sandbox.listener.activations.get(run)  # type: ignore[attr-defined]
            if activation is not None:  # else it was dropped in the turn that began it
                sim.runs[run] = activation.instance.uid, activation.instance.life
        uid, life = sim.runs.get(run, (0, 0))
        facts = sim.facts.get(uid)
        if kind == "run" and uid and (facts is None or facts.life != life) and uid not in sim.gone:
            sim._break("nothing_is_said_before_it_is_stored", f"life {life} of instance {uid} runs and is not stored")
        if facts is not None and facts.life == life:
            fault = _unstored(facts, message)
            if fault:
                sim._break("nothing_is_said_before_it_is_stored", fault)


def _unstored(facts: Facts, message: dict[str, Any]) -> str | None:
    kind = message["k"]
    if kind not in ("accepted", "settle"):
        return None
    key, step = message["key"], facts.steps.get(message["key"])
    if kind == "accepted":
        stored = step is not None and step.attempt >= message["attempt"]
        return None if stored else f"attempt {message['attempt']} of {key} is accepted and not stored"
    if "retry" in message:
        stored = step is not None and (not step.running or step.attempt > message["retry"])
        return None if stored else f"the failure of attempt {message['retry']} of {key} is told and not stored"
    stored = step is not None and step.settled == message["order"]
    return None if stored else f"{key} is settled by row {message['order']}, which is not stored"


def executed(sim: Simulation, execution: Execution) -> None:
    """A callback runs once for an accepted attempt, and never again once its step is finished."""
    uid, life = sim.runs.get(execution.run, (0, 0))
    facts = sim.facts.get(uid)
    if facts is None or facts.life != life:
        return  # it does not know yet that it was dropped
    key, attempt, what = execution.key, execution.attempt, f"attempt {execution.attempt} of {execution.key}"
    step, mark = facts.steps.get(key), (uid, life, key, attempt)
    again = mark in sim.executed
    sim.executed.add(mark)
    if step is not None and step.settled and (again or attempt > step.settled_attempt):
        sim._break("a_finished_step_never_runs_again", f"{what} runs; row {step.settled} has settled it")
    if sim.plan.effects == "direct":
        if again:
            sim._break("a_finished_step_never_runs_again", f"{what} runs a second time")
        if step is None or step.attempt < attempt:
            sim._break("nothing_is_said_before_it_is_stored", f"{what} runs before its start is stored")


def called(sim: Simulation, run: int, key: str, attempt: int) -> None:
    """A call leaves the engine once the start of its attempt is stored."""
    uid, life = sim.runs.get(run, (0, 0))
    facts = sim.facts.get(uid)
    if facts is not None and facts.life == life:
        step = facts.steps.get(key)
        if step is None or step.attempt < attempt:
            sim._break(
                "nothing_is_said_before_it_is_stored", f"attempt {attempt} of {key} calls before its start is stored"
            )


# -- clients --------------------------------------------------------------------------------------------------------


class Asked:
    """One request of a client and what its answer promises."""

    def __init__(self, sim: Simulation, cast: Cast, number: int) -> None:
        self.sim, self.cast, self.number = sim, cast, number
        before = sim.find(cast)
        self.lives = before.life if before else 0

    async def do(self, incident: Incident, handle: WorkflowInstance) -> None:
        """Ask, and check that what was answered is stored.

        Raises:
            Broken: it is not.
            WorkflowError: the engine refused.
        """
        await getattr(self, "_" + incident.kind.replace(" ", "_"))(incident, handle)

    def _stored(self, holds: bool, what: str) -> None:
        if not holds:
            raise Broken("what_is_acknowledged_is_stored", f"{what} of {self.cast.id} is acknowledged and not stored")

    def _facts(self) -> Facts | None:
        return self.sim.find(self.cast)

    async def _create(self, incident: Incident, handle: WorkflowInstance) -> None:
        cast = self.cast
        workflow: Any = handle._engine.workflow(cast.workflow)
        if self.sim.plan.dispatched:
            metadata, env = {"tenantId": cast.tenant}, {cast.workflow: workflow}
            workflow = wrap_workflow_binding(metadata, binding_name=cast.workflow, env=env)
        else:
            workflow = workflow.scoped(cast.tenant)
        params = {"program": cast.program, "tenant": cast.tenant}
        await workflow.create({"id": cast.id, "params": params})
        self._stored(self._facts() is not None or self._deleting(), "create")

    def _deleting(self) -> bool:
        gone = self.sim.plan.kept is not None  # it may have expired
        return gone or (self.cast.workflow, self.cast.tenant, self.cast.id) in self.sim.deleting

    async def _send_event(self, incident: Incident, handle: WorkflowInstance) -> None:
        payload = {"number": self.number, "to": [self.cast.workflow, self.cast.tenant, self.cast.id]}
        await handle.send_event({"type": event_of(incident), "payload": payload})
        facts = self._facts()
        self._stored(facts is None or self.number in facts.events, f"event {self.number}")

    async def _pause(self, incident: Incident, handle: WorkflowInstance) -> None:
        await handle.pause()

    async def _resume(self, incident: Incident, handle: WorkflowInstance) -> None:
        await handle.resume()

    async def _skip(self, incident: Incident, handle: WorkflowInstance) -> None:
        await handle.skip()
        facts = self._facts()
        self._stored(facts is None or any(row.kind == "time_skipped" for row in facts.rows), "skip")

    async def _retry_now(self, incident: Incident, handle: WorkflowInstance) -> None:
        keys = await handle.retry_now()
        facts = self._facts()
        skipped = [] if facts is None else [row.key for row in facts.rows if row.kind == "delay_skipped"]
        self._stored(facts is None or set(keys) <= set(skipped), f"delays of {keys}")

    async def _terminate(self, incident: Incident, handle: WorkflowInstance) -> None:
        await handle.terminate()
        self._ends("terminate")

    async def _undo(self, incident: Incident, handle: WorkflowInstance) -> None:
        await handle.terminate({"rollback": True})
        self._ends("terminate with rollback")

    def _ends(self, what: str) -> None:
        facts = self._facts()
        kinds = ("terminated", "rollback.started")
        self._stored(facts is None or any(row.kind in kinds for row in facts.rows), what)

    async def _restart(self, incident: Incident, handle: WorkflowInstance) -> None:
        await handle.restart()
        facts = self._facts()
        self._stored(facts is None or facts.life > self.lives, "restart")

    async def _restart_from(self, incident: Incident, handle: WorkflowInstance) -> None:
        facts = self._facts()
        keys = sorted(key for key, step in facts.steps.items() if step.kind != "rollback") if facts else []
        if not keys:
            return
        key = keys[incident.choice % len(keys)]
        kind, _, rest = key.partition(":")
        name, _, count = rest.rpartition("-")
        type = {"wait": "waitForEvent"}.get(kind, kind)
        await handle.restart({"from": {"name": name, "count": int(count), "type": type}})
        facts = self._facts()
        self._stored(facts is None or facts.life > self.lives, "restart")

    async def _delete(self, incident: Incident, handle: WorkflowInstance) -> None:
        self.sim.deleting.add((self.cast.workflow, self.cast.tenant, self.cast.id))
        before = self._facts()
        await handle.delete()
        self._stored(before is None or before.uid not in self.sim.facts, "delete")

    async def _status(self, incident: Incident, handle: WorkflowInstance) -> None:
        status = await handle.status()
        facts = self._facts()
        if facts is not None and status["status"] in ("complete", "errored", "terminated"):
            ended = any(row.kind in ("completed", "errored", "terminated") for row in facts.rows)
            self._stored(ended, f"status {status['status']}")

    async def _subscribe(self, incident: Incident, handle: WorkflowInstance) -> None:
        last = 0
        async for event in handle.subscribe():
            facts, row = self._facts(), event["eventId"] // IDS_A_ROW
            if event["eventId"] <= last:
                raise Broken("a_subscription_tells_each_event_once", f"event {event['eventId']} follows {last}")
            last = event["eventId"]
            self._stored(facts is None or row <= facts.seq or self._deleting(), f"event {last} of a subscription")

    async def _trespass(self, incident: Incident, handle: WorkflowInstance) -> None:
        """Another tenant asks for this id: what it finds is its own, or nothing."""
        other = next(t for t in ("acme", "globex") if t != self.cast.tenant)
        stranger = WorkflowInstance(handle._engine, self.cast.workflow, other, self.cast.id)
        status = await stranger.status()
        output = status["output"]
        if output is not None and output["tenant"] != other:
            raise Broken("tenants_never_observe_each_other", f"{other} reads the output of {output['tenant']}")


ALLOWED = (
    InstanceAlreadyExists, InstanceCannotRestart, InstanceCannotTerminate, InstanceFinished, InstanceNotFound, NothingToRetry,
    NothingToSkip,
)  # fmt: skip


def refused(sim: Simulation, incident: Incident, cast: Cast, error: WorkflowError) -> None:
    """A client is refused only for the reasons there are."""
    if not isinstance(error, ALLOWED):
        sim._break("the_engine_never_fails", f"{incident.kind} is refused: {error!r}")
    facts = sim.find(cast)
    deleting = sim.plan.kept is not None or (cast.workflow, cast.tenant, cast.id) in sim.deleting
    if isinstance(error, InstanceNotFound) and facts is not None and incident.kind != "trespass" and not deleting:
        sim._break("nothing_is_lost", f"{incident.kind} finds no instance {cast.id} of {cast.tenant}, which is stored")


# -- ends -------------------------------------------------------------------------------------------------------------


def ends(sim: Simulation) -> None:
    """Every instance has ended, as its program says.

    Raises:
        Broken: one has not.
    """
    engine = sim.engine
    if engine is None:
        raise Broken("every_instance_comes_to_an_end", "the engine did not open")
    sealed = sealed_of(_Reader(engine.core.store.connection))  # type: ignore[attr-defined]
    for facts in sim.facts.values():
        who = f"{facts.workflow}/{facts.tenant}/{facts.id} (uid {facts.uid})"
        if facts.final is None:
            steps = {key: step.attempt for key, step in facts.steps.items() if not step.settled}
            raise Broken("every_instance_comes_to_an_end", f"{who} stands still in {facts.phase}; open: {steps}")
        params = json.loads(next(row.data for row in facts.rows if row.kind == "queued") or "")["params"]
        if sim.plan.dispatched:
            params = json.dumps(json.loads(params)["params"])
        _end(sim, facts, who, params, sealed.get(facts.uid, {}))


def _end(sim: Simulation, facts: Facts, who: str, params: str, sealed: dict[int, str]) -> None:
    program = json.loads(params)["program"]
    _steps(sim, facts, who, program, sealed)
    if facts.then == "terminated" or facts.final == "terminated":
        return
    recorded: tuple[str, Any]
    if facts.final == "complete":
        recorded = "completed", facts.output
    else:
        assert facts.error is not None
        recorded = "errored", (facts.error["name"], facts.error["message"])
    expected = outcome(program, facts, sealed)
    if expected != recorded:
        raise Broken("the_outcome_is_one_the_program_allows", f"{who} is {recorded}; the program comes to {expected}")
    before = len(sim.executions.all)
    replay = Replay(sim.code, params, facts, memo_of(facts, sealed))
    if len(sim.executions.all) != before or not replay.asked <= facts.steps.keys():
        asked = sorted(replay.asked - facts.steps.keys())
        raise Broken("a_finished_history_replays_without_running_a_step", f"{who} asks for {asked}")
    if replay.outcome != recorded:
        raise Broken("a_history_replays_to_the_same_decisions", f"{who} is {recorded}; a replay says {replay.outcome}")
    _prefix(sim, facts, who, params, sealed)


def _prefix(sim: Simulation, facts: Facts, who: str, params: str, sealed: dict[int, str]) -> None:
    """A prefix of history replays to decisions that the rest of it has."""
    rows = [row for row in facts.rows if row.life == facts.life]
    cut = sim.dice.randrange(len(rows))
    part = Facts(facts.uid, facts.workflow, facts.tenant, facts.id)
    part.life, part.seq = facts.life, rows[0].seq - 1
    for row in rows[:cut]:
        if row.kind not in ("queued", "restarted"):
            part.take(row, row.data if row.kind in TEXT or row.data is None else json.loads(row.data))
    if part.phase == "rollback" or part.final:
        return
    replay = Replay(sim.code, params, part, memo_of(part, sealed))
    if facts.final == "complete" and not replay.asked <= facts.steps.keys():
        strange = sorted(replay.asked - facts.steps.keys())
        raise Broken("a_history_replays_to_the_same_decisions", f"{who}, cut after row {cut}, asks for {strange}")


def _steps(sim: Simulation, facts: Facts, who: str, program: dict[str, Any], sealed: dict[int, str]) -> None:
    """Every result is that of a real execution of its own attempt, and one the step's spec allows."""
    own = {row.seq: row for row in facts.rows if row.life == facts.life}
    for key, step in facts.steps.items():
        if step.kind != "do" or not step.settled:
            continue
        spec = program["steps"][key[3:].rpartition("-")[0]]
        if step.error is not None:
            named = step.error["name"]
            expected = {"NonRetryableError" if spec["how"] == "final" else "ValueError"} if spec["fails"] else set()
            expected |= {"WorkflowTimeoutError"} | ({"NonRetryableDelayError"} if spec.get("dynamic") else set())
            if spec["limit"] == 0 or step.interruptions:
                expected |= {"WorkflowInternalError"}
            if named not in expected:
                raise Broken("the_outcome_is_one_the_program_allows", f"{who}: {key} fails with {step.error}")
            continue
        text = step.value if step.value is not None else sealed.get(step.settled, "null")
        value = json.loads(text)
        execution = sim.executions.all[value["execution"]]
        if (execution.key, execution.attempt) != (key, step.settled_attempt) or spec["fails"] >= execution.attempt:
            raise Broken("a_result_is_that_of_its_own_attempt", f"{who}: {key} holds the result of {execution}")
        uid, life = sim.runs[execution.run]
        if uid != facts.uid or (life != facts.life and own[step.settled].src is None):
            raise Broken(
                "nothing_of_a_dropped_run_is_recorded", f"{who}: {key} of life {facts.life} holds that of {life}"
            )

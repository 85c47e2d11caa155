"""One simulated run: a plan in, a trace out, and ``Broken`` where an invariant does not hold."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from dynamic_workflows.host.binding import WorkflowInstance
from dynamic_workflows.host.clocks import SeededEntropy
from dynamic_workflows.host.dispatcher import LoadContext, create_dynamic_workflow_entrypoint
from dynamic_workflows.host.engine import Engine, Limits
from dynamic_workflows.host.running.loader import EntrypointStub, WorkerCode
from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint
from dynamic_workflows.shared.errors import StoreError, WorkflowError
from tests.simulation import checks
from tests.simulation.facts import Facts
from tests.simulation.interpreter import Execution, Executions, Interpreter, Outside
from tests.simulation.invariants import Broken, take
from tests.simulation.plan import WORKFLOWS, Cast, Incident, Plan
from tests.simulation.program import EVENTS
from tests.simulation.world import Disk, Flush, StepClock, StepLoop, SteppedSandbox, SteppedSandboxes, SteppedStore

START = 1_790_000_000_000
ROUNDS = 20_000  # a run that does more than this never ends
FAR = 1_000_000_000  # a clock callback so far away that nobody waits for it
CPU_TURN = 10_000_000_000  # the simulator delays frames at will: that is no sign of a guest that hangs


class Simulation:
    """The engine of the moment and everything that outlives it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.dice = random.Random(f"interleaving {plan.seed}")
        self.eager = plan.seed % 2 == 1
        self.trace: list[str] = []
        self.disk = Disk()
        self.disk.stored, self.disk.now = self._stored, lambda: self.clock.now()
        self.facts: dict[int, Facts] = {}
        self.gone: set[int] = set()
        self.runs: dict[int, tuple[int, int]] = {}  # activation -> uid, life
        self.executed: set[tuple[int, int, str, int]] = set()
        self.deleting: set[tuple[str, str, str]] = set()  # whom somebody has asked to delete
        self.numbers = 0
        self.check_due = False
        self.calm = False
        self.broken: Broken | None = None
        self.executions = Executions()
        self.executions.hear = self._executed
        self.code: type[Interpreter] = type("Interpreter", (Interpreter,), {"executions": self.executions})
        self.epochs = 0
        self._now = START

    # -- the engine of the moment -----------------------------------------------------------------------------

    def open(self) -> None:
        """Open an engine over what the disk holds; it takes a while."""
        self.epochs += 1
        self.engine: Engine | None = None
        self.loop, self.clock = StepLoop(), StepClock(self._now)
        self.refuse = 0
        plan = self.plan
        self.sandboxes = SteppedSandboxes(self.clock, plan.effects, plan.capacity)  # type: ignore[arg-type]
        self.sandboxes.said = self._said
        self.loop.create_task(self._open())
        self.loop.drain()

    async def _open(self) -> None:
        store = SteppedStore(self.disk, eager=self.eager)
        try:
            checks.tables(self, store.connection)
        except Broken as broken:
            self.broken = broken
        engine = await Engine.open(
            store, clock=self.clock, entropy=SeededEntropy(self.epochs), sandboxes=self.sandboxes,
            limits=Limits(
                slots=self.plan.slots, cpu_turn=CPU_TURN, success_retention=self.plan.kept, error_retention=self.plan.kept
            ),
        )  # fmt: skip
        engine.watch(lambda tx, changed: tx.after(partial(self._told, list(tx.rows))))
        env = {"OUT": Outside(self._called)}
        for name in WORKFLOWS:
            engine.bind(name, self._dispatcher(engine, env) if self.plan.dispatched else self.code, env=env)
        self.engine = engine

    def _dispatcher(self, engine: Engine, env: dict[str, Any]) -> type[WorkflowEntrypoint]:
        """Return the class that runs each tenant's code in a worker of the tenant's own."""
        code = WorkerCode(main_module="it.py", modules={"it.py": ""}, env=env)

        async def load(context: LoadContext) -> EntrypointStub:
            id = f"{context.metadata['tenantId']}/code"
            self.sandboxes.trusted[id] = {"Interpreter": self.code}
            return engine.loader.get(id, lambda: code).get_entrypoint("Interpreter")

        return create_dynamic_workflow_entrypoint(load)

    def _kill(self, *, stored: bool) -> None:
        """End the engine where it stands, and open the next one after a while."""
        self.disk.cut(stored=stored)
        self.loop.kill()
        for sandbox in list(self.sandboxes.open_ones):
            sandbox.destroy()
        self._now = self.clock.now() + self.dice.choice((0, 0, 100, 30_000))
        self.open()

    # -- what is stored, said, told and executed ----------------------------------------------------------------

    def _stored(self, flush: Flush) -> None:
        for uid in sorted(self.facts.keys() - flush.uids):
            facts = self.facts.pop(uid)
            self.gone.add(uid)
            expired = self.plan.kept is not None and (self.eager or (facts.final and self._is_over(facts, flush.at)))
            if (facts.workflow, facts.tenant, facts.id) not in self.deleting and not expired:
                self._break("nothing_is_lost", f"{facts.id} of {facts.tenant} is gone, and nobody deleted it")
        for row in flush.rows:
            if row.uid:
                try:
                    take(self.facts.setdefault(row.uid, Facts(row.uid)), row)
                except Broken as broken:
                    self.broken = self.broken or broken
        for uid in flush.uids - self.facts.keys():
            self._break("derived_tables_equal_rebuild", f"instance {uid} has no history")

    def _is_over(self, facts: Facts, at: int) -> bool:
        """Return whether the time to keep an instance was over at ``at``, when its deletion was computed.

        One flush may hold its end and its deletion, and the clock may be set back between the turn and its flush.
        """
        return self.plan.kept is not None and facts.rows[-1].at + self.plan.kept <= at

    def _break(self, invariant: str, message: str) -> None:
        self.broken = self.broken or Broken(invariant, message)

    def _said(self, sandbox: SteppedSandbox, text: str) -> None:
        checks.said(self, sandbox, text)

    def _told(self, rows: list[Any]) -> None:
        for row in rows:
            if row.pos > self.disk.pos and row.uid in self.facts:  # else it was deleted in that same turn
                self._break("nothing_is_said_before_it_is_stored", f"watchers hear of row {row.pos} too early")

    def _called(self, run: int, key: str, attempt: int) -> None:
        checks.called(self, run, key, attempt)

    def _executed(self, execution: Execution) -> None:
        checks.executed(self, execution)

    def find(self, cast: Cast) -> Facts | None:
        """Return the stored facts of an instance of the plan."""
        where = (cast.workflow, cast.tenant, cast.id)
        return next((f for f in self.facts.values() if (f.workflow, f.tenant, f.id) == where), None)

    # -- the simulator's loop -----------------------------------------------------------------------------------

    def run(self) -> None:
        """Play the plan, then let the engine come to rest and check what it came to.

        Raises:
            Broken: an invariant does not hold.
        """
        self.open()
        try:
            self._play()
        finally:
            self.loop.kill()

    def _play(self) -> None:
        plan = self.plan
        waiting = [*(Incident(0, "create", n, 0) for n in range(len(plan.cast))), *plan.incidents]
        for moment in range(ROUNDS):
            while waiting and waiting[0].moment <= moment and (self.engine or waiting[0].kind in FAULTS):
                self._happen(waiting.pop(0))
            if not self._step() and not waiting:
                break
        self._come_to_rest()
        checks.ends(self)
        self._close()
        store = SteppedStore(self.disk)
        checks.tables(self, store.connection)
        store.connection.close()
        self._look()

    def _come_to_rest(self) -> None:
        self.calm = True
        self._settle()
        for n in range(len(self.plan.cast)):
            facts = self.find(self.plan.cast[n])
            if facts is not None and facts.held:
                self._command(Incident(0, "resume", n, 0))
        self._settle()
        self.check_due = True

    def _settle(self) -> None:
        for _ in range(ROUNDS):
            if not self._step():
                return
        raise Broken("every_instance_comes_to_an_end", "the engine never rests")

    def _close(self) -> None:
        assert self.engine is not None
        self.loop.create_task(self.engine.close())
        self._act("close", lambda: None)

    def _step(self) -> bool:
        """Do one thing that could happen now; return whether there was any."""
        actions = list(self.sandboxes.actions())
        if self.disk.flush is not None:
            actions += [("flush", self.disk.finish)] * 2
        until = self.clock.next()
        if until == 0:
            actions.append(("clock calls", self.clock.call))
        elif (
            until is not None
            and until < FAR
            and (not actions or (self.dice.random() < self.plan.haste and not self.calm))
        ):
            actions = [("", partial(self._pass, until, alone=not actions))]
        if not actions:
            return False
        name, action = self.dice.choice(actions) if len(actions) > 1 else actions[0]
        if name == "sandbox starts" and self.refuse:
            self.refuse -= 1
            name, action = "sandbox refused", partial(self.sandboxes.start, refused=True)
        self._act(name, action)
        return True

    def _pass(self, until: int, *, alone: bool) -> None:
        pick = self.dice.random()
        if self.calm or pick < 0.5:
            span = until
        elif pick < 0.75:
            span = until + self.dice.choice((1, 10, 2_000))
        else:
            span = max(1, self.dice.randrange(until)) if until < 100 or not alone else until // 2
        if not alone:
            span = min(span, 5_000)
        self.clock.move(span)
        self.trace.append(f"{span} ms pass")

    def _act(self, name: str, action: Callable[[], object]) -> None:
        if name:
            self.trace.append(name)
        self.loop.call_soon(action)
        self.loop.drain()
        self._look()

    def _look(self) -> None:
        """Raise what was found, and open the engine again if its store was lost."""
        if self.broken is not None:
            raise self.broken
        for context in self.loop.errors:
            error = context.get("exception")
            if not isinstance(error, StoreError):
                raise Broken("the_engine_never_fails", f"{context.get('message')}: {error!r}") from error
        failure = self.engine.core.failure if self.engine is not None else None
        if failure is not None and not isinstance(failure, StoreError):
            raise Broken("the_engine_never_fails", repr(failure)) from failure
        if failure is not None or self.loop.errors:
            self._kill(stored=False)

    # -- commands and faults ------------------------------------------------------------------------------------

    def _happen(self, incident: Incident) -> None:
        if incident.kind == "event at a deadline":
            incident = self._wait_for_deadline(incident)
        fault = FAULTS.get(incident.kind)
        if fault is None:
            self._command(incident)
            return
        self.trace.append(f"** {incident.kind}")
        fault(self, incident)
        self._look()

    def _wait_for_deadline(self, incident: Incident) -> Incident:
        """Let time pass to the moment a wait times out, or just before or behind it; return the event that comes then."""
        facts = self.find(self.plan.cast[incident.target])
        if facts is None or not facts.waits or facts.held:
            return replace(incident, kind="send_event")
        key, type = next(iter(facts.waits.items()))
        self.clock.move(max(0, facts.steps[key].due - facts.offset - self.clock.now() + incident.choice % 4 - 1))
        return replace(incident, kind="send_event", choice=EVENTS.index(type))

    def _kill_engine(self, incident: Incident) -> None:
        self._kill(stored=incident.choice % 2 == 0)

    def _lose(self, incident: Incident) -> None:
        if self.disk.flush is not None:
            self._act("", partial(self.disk.lose, stored=incident.kind == "lose after"))

    def _close_engine(self, incident: Incident) -> None:
        if self.engine is not None and self.disk.flush is None:
            self._close()
            self._kill(stored=False)

    def _kill_guest(self, incident: Incident) -> None:
        if self.sandboxes.open_ones:
            sandbox = self.sandboxes.open_ones[incident.choice % len(self.sandboxes.open_ones)]
            self._act("", partial(sandbox.die, incident.choice % 3))

    def _refuse_sandbox(self, incident: Incident) -> None:
        self.refuse += 1

    def _time_jumps(self, incident: Incident) -> None:
        jump = (50, 5_000, 100_000, -3_000)[incident.choice % 4]
        if jump > 0:
            self.clock.move(jump)
        else:
            self.clock.set_wall(self.clock.now() + jump)  # somebody has set it back
            for facts in self.facts.values():
                facts.set_back -= jump

    def _command(self, incident: Incident) -> None:
        """Let a client ask; what it learns is checked when it learns it."""
        assert self.engine is not None
        self.numbers += 1
        cast, number = self.plan.cast[incident.target], self.numbers
        handle = WorkflowInstance(self.engine, cast.workflow, cast.tenant, cast.id)
        self.trace.append(f"-- {number}: {incident.kind} {incident.target}")
        self.loop.create_task(self._ask(incident, cast, handle, number))
        self._act("", lambda: None)

    async def _ask(self, incident: Incident, cast: Cast, handle: WorkflowInstance, number: int) -> None:
        try:
            asked = checks.Asked(self, cast, number)
            await asked.do(incident, handle)
        except StoreError:
            self.trace.append(f"-- {number}: lost")
        except WorkflowError as error:
            self.trace.append(f"-- {number}: {type(error).__name__}")
            checks.refused(self, incident, cast, error)
        except Broken as broken:
            self.broken = self.broken or broken
        else:
            self.trace.append(f"-- {number}: done")


FAULTS: dict[str, Callable[[Simulation, Incident], None]] = {
    "kill engine": Simulation._kill_engine, "lose before": Simulation._lose, "lose after": Simulation._lose,
    "close engine": Simulation._close_engine, "kill guest": Simulation._kill_guest,
    "refuse sandbox": Simulation._refuse_sandbox, "time jumps": Simulation._time_jumps,
}  # fmt: skip

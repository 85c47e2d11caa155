"""The engine: bound workflows, their instances, and the turn that moves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from dynamic_workflows.host.binding import Workflow
from dynamic_workflows.host.history import streams
from dynamic_workflows.host.history.core import Core
from dynamic_workflows.host.history.instance import ENGINE, Instance, moment
from dynamic_workflows.host.history.subscription import Subscribers
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.protocols import Clock, Entropy, Sandboxes, Store
from dynamic_workflows.host.rules import rollbacks, steps
from dynamic_workflows.host.rules.creation import Retention
from dynamic_workflows.host.rules.creation import retention as retention_of
from dynamic_workflows.host.rules.mocking import Registry
from dynamic_workflows.host.rules.operations import Operations
from dynamic_workflows.host.rules.retention import Sweeper
from dynamic_workflows.host.running.code import WorkerCode
from dynamic_workflows.host.running.loader import Loader
from dynamic_workflows.host.running.scheduler import Scheduler, StepToken
from dynamic_workflows.host.running.workers import Workers
from dynamic_workflows.host.tenants.schedules import Schedules, scheduled
from dynamic_workflows.shared import checks, values
from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint
from dynamic_workflows.shared.errors import WorkflowError
from dynamic_workflows.shared.limits import CPU_TURN_MS, RETRY_DELAY_MS, SLOTS, STEPS_DEFAULT, STEPS_MAX, STORAGE_BYTES

__all__ = ["Bound", "Engine", "Limits", "StepToken"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one engine that can be set. Times are milliseconds."""

    steps: int = STEPS_DEFAULT
    slots: int = SLOTS
    cpu_turn: int = CPU_TURN_MS
    retry_delay: int = RETRY_DELAY_MS  # between attempts of a step whose config does not say
    storage: int = STORAGE_BYTES  # bytes of outputs that one instance may store, streams above all
    success_retention: int | None = None  # how long a complete instance is kept that asked for nothing; None: for good
    error_retention: int | None = None  # and one that errored or was terminated
    creation_rate: int | None = None  # instances a second, of one tenant
    workflow_creation_rate: int | None = None  # and of one of its workflows


@dataclass(slots=True)
class Bound:
    """A workflow by name: the class that runs it, and what that class may reach."""

    name: str
    entrypoint: type[WorkflowEntrypoint]
    env: Mapping[str, Any]
    max_steps: int
    ctx: Any = None
    retention: Retention = field(default_factory=dict)

    @property
    def loader_id(self) -> str:
        """The loader id of a class that is bound directly, without a dispatcher."""
        return f"bound/{self.name}"

    def code(self) -> WorkerCode:
        """Return the code of a class that is bound directly: the host holds the class itself."""
        return WorkerCode(main_module="bound.py", modules={"bound.py": ""}, env=self.env)

    def event(self, instance: Instance) -> dict[str, Any]:
        """Return the event ``run`` receives (semantics A.3)."""
        event = {
            "payload": values.decode(instance.params),
            "timestamp": moment(instance.created),
            "instanceId": instance.id,
            "workflowName": self.name,
        }
        if instance.schedule is not None:
            event["schedule"] = {name: instance.schedule[name] for name in ("cron", "scheduledTime")}
        return event


class Engine:
    """A durable engine over one store. Open it with ``async with Engine.open(...)`` or ``await Engine.open(...)``."""

    def __init__(self, core: Core, sandboxes: Sandboxes, limits: Limits) -> None:
        self.core, self.limits = core, limits
        self.workflows: dict[str, Bound] = {}
        self.workers = Workers(core, sandboxes, cpu_turn=limits.cpu_turn)
        self.loader = Loader(self.workers, "")
        self.scheduler = Scheduler(self, limits.slots)
        self.operations = Operations(self)
        self.sweeper = Sweeper(self)
        self.schedules = Schedules(self)
        self.subscribers = Subscribers()
        self.mocks = Registry(self)
        self.overdue = 0  # timers that were due when the store was opened
        self._sandboxes = sandboxes
        self._watchers: list[Callable[[Transaction, dict[int, Instance]], None]] = []
        self._closed = False
        core.alarm = self.schedules
        core.staging.limit, core.retry_delay = limits.storage, limits.retry_delay
        core.on_timer, core.on_deadline, core.on_turn = self._timer, self._deadline, self._end_of_turn

    @classmethod
    def open(
        cls, store: Store, *, clock: Clock, entropy: Entropy, sandboxes: Sandboxes, limits: Limits | None = None
    ) -> Opening:
        """Open an engine over a store: cut-off attempts are recorded, overdue timers fire, runs go on once bound.

        Raises:
            StoreLost: the store cannot be written.
        """
        return Opening(cls(Core(store, clock, entropy), sandboxes, limits or Limits()))

    async def _start(self) -> None:
        await self.core.start(self._first_turn)

    def _first_turn(self, tx: Transaction) -> None:
        store = self.core.store
        self.mocks.load(tx)
        (seq,) = tx.query("select coalesce(max(seq), 0) from history where uid = ?", (ENGINE,))[0]
        data = {"epoch": store.epoch, "previous": store.previous, "last_seen": store.last_seen}
        tx.append_engine(seq + 1, "engine_started", data)
        self.overdue = tx.query("select count(distinct uid) from timer where due <= ?", (tx.now,))[0][0]
        self.sweeper.load(tx)
        alive = tx.query(
            "select uid from instance where ended is null"
            " and (status in ('queued', 'running', 'waitingForPause') or ready_at is not null)"
            " order by priority desc, ready_at, uid"
        )
        for (uid,) in alive:
            instance = self.core.instance(tx, uid)
            for key in instance.running:
                streams.wipe(tx, instance, key)
            steps.interrupt(tx, instance)
            rollbacks.advance(tx, instance)
            if instance.final:
                continue
            if instance.pausing:
                tx.append(instance, "paused")
            else:
                self.scheduler.ready(instance)

    def bind(
        self,
        name: str,
        entrypoint: type[WorkflowEntrypoint],
        *,
        env: Mapping[str, Any] | None = None,
        limits: Mapping[str, int] | None = None,
        schedules: str | list[str] | None = None,
        default_retention: Mapping[str, Any] | None = None,
    ) -> Workflow:
        """Bind a workflow class to a name and return its binding. Instances of that name go on from here.

        Args:
            name: 1 to 64 letters, digits, ``-`` or ``_``.
            entrypoint: a dispatcher class, or a trusted class for hosts whose sandboxes run in this process.
            env: what the class sees as ``self.env``.
            limits: ``{"steps": 1..25000}``.
            schedules: one cron expression (UTC) or several: each firing creates an instance with ``event.schedule``.
                They take the place of those of an earlier ``bind``: one that is new fires from now on.
            default_retention: what ``create`` takes as ``retention``, for instances that give none.

        Raises:
            InvalidWorkflowName: the name breaks its rule.
            InvalidSchedule: an expression breaks a rule, there are too many, or a dispatcher has no metadata for them.
        """
        checks.workflow_name(name)
        crons = self.schedules.checked(name, schedules)
        tenant, params = scheduled(entrypoint, name) if crons else ("", "{}")
        max_steps = (limits or {}).get("steps", self.limits.steps)
        if type(max_steps) is not int or not 1 <= max_steps <= STEPS_MAX:
            raise WorkflowError(f"limits.steps is {max_steps!r}: give 1 to {STEPS_MAX:,}.")
        bound = Bound(name, entrypoint, env or {}, max_steps, retention=retention_of(default_retention))
        self.workflows[name] = bound
        trust = getattr(self._sandboxes, "trusted", None)
        if trust is not None:
            trust[bound.loader_id] = {entrypoint.__name__: entrypoint}
        self.schedules.put(name, crons, tenant=tenant, workflow=name, params=params)
        self.scheduler.bound(name)
        return Workflow(self, name)

    def workflow(self, name: str) -> Workflow:
        """Return the binding of a bound workflow."""
        return Workflow(self, name)

    def retention(self, workflow: str) -> Retention:
        """Return how long an instance of a workflow is kept after its end when it asks for nothing."""
        limits, bound = self.limits, self.workflows.get(workflow)
        spans = {"success": limits.success_retention, "error": limits.error_retention}
        kept = {end: span for end, span in spans.items() if span is not None}
        return {**kept, **bound.retention} if bound is not None else kept

    def watch(self, watcher: Callable[[Transaction, dict[int, Instance]], None]) -> Callable[[], None]:
        """Call ``watcher`` at the end of every turn that changed instances; return a function that ends it.

        What it wants to tell the world goes through ``tx.after``, so that it leaves once it is durable.
        """
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def stir(self, tx: Transaction, instance: Instance, key: str) -> None:
        """Something an instance waited for has happened: tell its run, or put it in line for one."""
        activation = self.scheduler.active.get(instance.uid)
        if activation is not None and not activation.over:
            activation.settle(tx, key)
        else:
            self.scheduler.ready(instance)

    async def close(self) -> None:
        """Stop in order: what is stored stays, runs go on when the store is opened again."""
        if self._closed:
            return
        self._closed = True
        self.sweeper.close()
        await self.scheduler.close()
        await self.workers.close()
        await self.core.stop()
        await self.core.store.close(self.core.clock.now())

    # -- hooks of the turn ------------------------------------------------------------------------------------

    def _timer(self, tx: Transaction, instance: Instance, key: str) -> None:
        kind, _ = instance.timers[key]
        activation = self.scheduler.active.get(instance.uid)
        if kind == "retry":
            if activation is not None and not activation.over:
                activation.go(tx, key)
            else:
                self.scheduler.ready(instance)
            return
        tx.append(instance, "sleep.completed" if kind == "sleep" else "wait.timed_out", key)
        self.stir(tx, instance, key)

    def _deadline(self, tx: Transaction, number: int, key: str, attempt: int) -> None:
        activation = next((a for a in self.scheduler.active.values() if a.number == number), None)
        if activation is None or activation.over:
            return
        step = activation.instance.steps.get(key)
        if step is not None and step.running and step.attempt == attempt:
            activation.time_out(tx, key)

    def _end_of_turn(self, tx: Transaction, changed: dict[int, Instance]) -> None:
        for uid, instance in list(changed.items()):
            activation = self.scheduler.active.get(uid)
            if instance.pausing and not instance.running:
                tx.append(instance, "paused")
                self.scheduler.abandon(tx, instance)
            elif activation is not None:
                activation.park_if_idle(tx)
        self.scheduler.fill(tx)
        tx.finish()
        if changed or tx.ledger or tx.deleted:
            for watcher in self._watchers:
                watcher(tx, changed)
        for uid, instance in changed.items():
            self.subscribers.changed(tx, uid)
            if self.scheduler.idle(uid) and not instance.running:
                self.core.release(uid)
        self.sweeper.end_turn(tx, changed)


class Opening:
    """An engine about to open: await it, or use it as an async context manager."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __await__(self) -> Any:
        return self._open().__await__()

    async def _open(self) -> Engine:
        await self._engine._start()
        return self._engine

    async def __aenter__(self) -> Engine:
        return await self._open()

    async def __aexit__(
        self, type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._engine.close()

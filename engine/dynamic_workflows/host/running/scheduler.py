"""Who runs next: slots, and the host task of each run. ``lanes`` says whose turn it is."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.dispatcher import Dispatching
from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.rules import rollbacks, steps
from dynamic_workflows.host.running.activation import Activation
from dynamic_workflows.host.running.lanes import Lane, Lanes
from dynamic_workflows.host.running.rooms import current_claim
from dynamic_workflows.shared import values
from dynamic_workflows.shared.errors import SandboxUnavailable, StoreError, WorkflowError, record_of
from dynamic_workflows.shared.rollbacks import MISSING

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import Bound, Engine
    from dynamic_workflows.host.running.code import InvocationLimits
    from dynamic_workflows.host.running.worker import Worker


SANDBOX_RETRY_MS = 1_000


class StepToken:
    """What a dispatcher is given as ``step``: it stands for one run of one instance and cannot be used twice."""

    def __init__(self, scheduler: Scheduler, instance: Instance, bound: Bound) -> None:
        self._scheduler, self.instance, self._bound = scheduler, instance, bound
        self.life = instance.life
        self.activation: Activation | None = None

    async def activate(
        self,
        worker: Worker,
        entrypoint: str,
        event: Any,
        *,
        props: Any = None,
        limits: InvocationLimits | None = None,
    ) -> Any:
        """Run ``entrypoint`` in ``worker`` and return what its ``run`` returned.

        Args:
            props: what the code sees as ``self.ctx.props``.
            limits: of this run, where they are lower than those of the worker.

        Raises:
            Exception: what ``run`` raised, by class and message.
            Suspended: the run was parked or cut off; it goes on later from history.
        """
        core, instance = self._scheduler.core, self.instance

        def begin(tx: Transaction) -> Activation | None:
            if instance.final or instance.held or worker.gone is not None or self.life != instance.life:
                return None
            self._scheduler.begin(tx, instance)
            number = self._scheduler.number()
            activation = Activation(core, number, instance, worker, self._bound.max_steps)
            activation.allow(entrypoint, values.encode(props), limits)
            worker.activations[number] = activation
            self.activation = self._scheduler.active[instance.uid] = activation
            activation.begin(tx, entrypoint, values.encode(dict(event)))
            return activation

        activation = await core.submit(begin)
        if activation is None:
            raise Suspended("closed")
        outcome, value = await activation.ended
        if outcome == "returned":
            try:
                return values.decode(value)
            except ValueError as error:
                raise WorkflowError(f"{entrypoint}.run returned something that is not a value") from error
        if outcome == "raised":
            raise TenantRaised(value)
        raise Suspended(outcome)


class Suspended(BaseException):
    """Internal: this run of the instance is over, the instance is not."""


class TenantRaised(WorkflowError):
    """Internal: ``run`` raised; carries the error record unchanged through the dispatcher."""

    def __init__(self, record: dict[str, Any]) -> None:
        super().__init__(record["message"])
        self.record = record


class Run:
    """A run that was begun: it holds a slot, except while it waits for a sandbox. It is the ``Claim`` of its task."""

    def __init__(self, scheduler: Scheduler, instance: Instance, lane: Lane) -> None:
        self._scheduler, self.instance, self.lane = scheduler, instance, lane
        self.waiting = False

    def waits(self) -> None:
        """Give the slot back; the lane begins nothing else until this run has its sandbox."""
        self.waiting = True
        self.lane.waiting += 1
        self._scheduler.waiting += 1
        self._scheduler.core.post(self._back_in_line)

    def _back_in_line(self, tx: Transaction) -> None:
        if self.waiting:
            self._scheduler.wait(tx, self.instance)

    def may_go(self) -> bool:
        """Return whether there is a slot."""
        return self._scheduler.free

    def goes(self) -> None:
        """Take a slot again."""
        if self.waiting:
            self.waiting = False
            self.lane.waiting -= 1
            self._scheduler.waiting -= 1
            self._scheduler.lanes.offer(self.lane)


class Scheduler:
    """Gives slots to instances that have something to go on with. A slot is held for as long as a run is active."""

    def __init__(self, engine: Engine, slots: int) -> None:
        self.engine, self.core, self._slots = engine, engine.core, slots
        self.active: dict[int, Activation] = {}  # by uid
        self.waiting = 0  # runs without a sandbox, and so without a slot
        self.lanes = Lanes()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()  # became ready while its last run was ending
        self._woken: dict[int, Instance] = {}  # came into line in this turn
        self._unbound: dict[str, list[int]] = {}
        self._number = engine.core.store.epoch << 32
        self._closing = False
        engine.workers.rooms.wanted = self.lanes.holds

    def number(self) -> int:
        """Return a new activation number, unique over all epochs."""
        self._number += 1
        return self._number

    @property
    def running(self) -> int:
        """How many slots are taken."""
        return len(self._tasks) - self.waiting

    @property
    def free(self) -> bool:
        """Whether there is a slot."""
        return self.running < self._slots

    def ready(self, instance: Instance) -> None:
        """Put an instance in line, once."""
        uid = instance.uid
        if uid in self._tasks:
            self._again.add(uid)
        elif self.lanes.add(instance):
            self._woken[uid] = instance

    def bound(self, workflow: str) -> None:
        """Let the instances of a workflow go on that were waiting for it to be bound."""
        uids = self._unbound.pop(workflow, [])

        def go_on(tx: Transaction) -> None:
            for uid in uids:
                if tx.query("select 1 from instance where uid = ?", (uid,)):
                    self.ready(self.core.instance(tx, uid))

        self.core.post(go_on)

    def abandon(self, tx: Transaction, instance: Instance) -> None:
        """Drop the run of an instance that has ended."""
        activation = self.active.get(instance.uid)
        if activation is not None:
            activation.drop(tx)

    def fill(self, tx: Transaction) -> None:
        """Start runs while there are slots, and put back in line who woke up and got none; last part of a turn."""
        while not self._closing and self.free and (uid := self.lanes.take()) is not None:
            self._woken.pop(uid, None)
            instance = self.core.instance(tx, uid)
            bound = self.engine.workflows.get(instance.workflow)
            if instance.final or instance.held or not instance.workflow:  # not any more, or deleted
                tx.after(partial(self.forget, uid))  # not now: what this turn did to it is not written yet
                continue
            if bound is None:
                self._unbound.setdefault(instance.workflow, []).append(uid)
                continue
            run = Run(self, instance, self.lanes.of(instance))
            run.lane.runs += 1
            self._tasks[uid] = asyncio.get_running_loop().create_task(self._run(run, bound))
        woken, self._woken = self._woken, {}
        for instance in woken.values():
            self.wait(tx, instance)
        if self.engine.workers.rooms.restless:
            tx.after(self.engine.workers.rooms.look)

    def wait(self, tx: Transaction, instance: Instance) -> None:
        """Record that an instance that was under way waits for a slot."""
        if instance.status in ("running", "waiting") and instance.phase == "run" and not instance.running:
            tx.append(instance, "requeued")

    def begin(self, tx: Transaction, instance: Instance) -> None:
        """Record that an instance in line has its slot."""
        if instance.queued:
            tx.append(instance, "started")

    async def _run(self, run: Run, bound: Bound) -> None:
        instance = run.instance
        current_claim.set(run)
        token = StepToken(self, instance, bound)
        outcome: tuple[str, Any] | None
        later = False
        try:
            outcome = "completed", values.encode(await self._dispatch(token, bound))
        except Suspended as end:
            outcome = None
            if end.args[0] in ("closed", "stirred"):
                self._again.add(instance.uid)
        except TenantRaised as error:
            outcome = "errored", {"error": error.record}
        except StoreError:
            outcome = None
        except SandboxUnavailable:  # not the instance's fault: it is tried again until there is one
            outcome, later = None, True
            self.core.clock.call_later(
                SANDBOX_RETRY_MS, lambda: self.core.post(lambda tx: self._try_again(tx, instance))
            )
        except Exception as error:
            outcome = "errored", {"error": record_of(error)}
        finally:
            self.active.pop(instance.uid, None)
            run.goes()
        if self.core.failure is not None or self._closing:
            return
        self.core.post(lambda tx: self._over(tx, instance, token, outcome, later))

    async def _undo(self, instance: Instance, token: StepToken, activation: Activation) -> None:
        """Hold the slot of a run that failed while it rolls back."""
        try:
            await activation.ended
        finally:
            self.active.pop(instance.uid, None)
        if self.core.failure is None and not self._closing:
            self.core.post(lambda tx: self._over(tx, instance, token, None))

    async def _dispatch(self, token: StepToken, bound: Bound) -> Any:
        event = bound.event(token.instance)
        if issubclass(bound.entrypoint, Dispatching):
            return await bound.entrypoint(bound.ctx, bound.env).run(event, token)
        worker = await self.engine.workers.get(bound.loader_id, bound.code())
        return await token.activate(worker, bound.entrypoint.__name__, event)

    def _over(
        self,
        tx: Transaction,
        instance: Instance,
        token: StepToken,
        outcome: tuple[str, Any] | None,
        later: bool = False,
    ) -> None:
        self._tasks.pop(instance.uid, None)
        self.lanes.of(instance).runs -= 1
        again = instance.uid in self._again
        self._again.discard(instance.uid)
        activation, same = token.activation, instance.life == token.life
        if outcome is not None and not instance.final and not instance.held and same:
            self._conclude(tx, instance, activation, *outcome)
        undo = same and not instance.final and instance.phase == "rollback"
        if undo and activation is not None and activation.lingering and activation.worker.gone is None:
            activation.roll_back(tx)
            self.active[instance.uid] = activation
            self.lanes.of(instance).runs += 1
            self._tasks[instance.uid] = asyncio.get_running_loop().create_task(self._undo(instance, token, activation))
            return
        if activation is not None:
            activation.drop(tx)
        if not instance.final and (again or (undo and not later) or not same):
            self.ready(instance)
        tx.after(lambda: self.forget(instance.uid))

    def _conclude(
        self, tx: Transaction, instance: Instance, activation: Activation | None, outcome: str, data: Any
    ) -> None:
        """Take what a run came to; a rollback asked for while it ended goes first."""
        undoing = instance.phase == "rollback"
        self.begin(tx, instance)  # it may have come to its end without a sandbox
        if undoing and activation is not None and not activation.undoing:
            return
        if outcome == "errored":
            rollbacks.fail(tx, instance, data["error"])
        elif undoing:
            rollbacks.end(tx, instance, MISSING)
        else:
            steps.interrupt(tx, instance, last=True)
            tx.append(instance, outcome, data=data)

    def _try_again(self, tx: Transaction, instance: Instance) -> None:
        if not instance.final and not instance.held:
            self.ready(self.core.instance(tx, instance.uid))

    def forget(self, uid: int) -> None:
        """Let an idle instance go from memory."""
        if self.idle(uid):
            self.core.release(uid)

    def idle(self, uid: int) -> bool:
        """Return whether an instance neither runs nor waits in line."""
        return uid not in self._tasks and uid not in self.lanes

    async def close(self) -> None:
        """Cancel every run."""
        self._closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

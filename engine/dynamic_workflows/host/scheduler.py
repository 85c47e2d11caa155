"""Who runs next: instances with something to go on with, slots, and the host task of each run."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host import rollbacks, steps
from dynamic_workflows.host.activation import Activation
from dynamic_workflows.host.dispatcher import Dispatching
from dynamic_workflows.host.instance import Instance
from dynamic_workflows.host.transaction import Transaction
from dynamic_workflows.shared import values
from dynamic_workflows.shared.errors import SandboxUnavailable, StoreError, WorkflowError, record_of
from dynamic_workflows.shared.rollbacks import MISSING

if TYPE_CHECKING:
    from dynamic_workflows.host.code import InvocationLimits
    from dynamic_workflows.host.engine import Bound, Engine
    from dynamic_workflows.host.workers import Worker


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


class Scheduler:
    """Two lines: instances that go on, and new ones behind them. A slot is held for as long as a run is active."""

    def __init__(self, engine: Engine, slots: int) -> None:
        self.engine, self.core, self._slots = engine, engine.core, slots
        self.active: dict[int, Activation] = {}  # by uid
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._resuming: deque[int] = deque()
        self._new: deque[int] = deque()
        self._in_line: set[int] = set()
        self._again: set[int] = set()  # became ready while its last run was ending
        self._unbound: dict[str, list[int]] = {}
        self._number = engine.core.store.epoch << 32
        self._closing = False

    def number(self) -> int:
        """Return a new activation number, unique over all epochs."""
        self._number += 1
        return self._number

    @property
    def running(self) -> int:
        """How many slots are taken."""
        return len(self._tasks)

    def ready(self, instance: Instance) -> None:
        """Put an instance in line, once."""
        uid = instance.uid
        if uid in self._tasks:
            self._again.add(uid)
        elif uid not in self._in_line:
            self._in_line.add(uid)
            (self._new if instance.queued else self._resuming).append(uid)

    def bound(self, workflow: str) -> None:
        """Let the instances of a workflow go on that were waiting for it to be bound."""
        for uid in self._unbound.pop(workflow, []):
            if uid not in self._in_line:
                self._in_line.add(uid)
                self._resuming.append(uid)
        self.core.post(lambda tx: None)

    def abandon(self, tx: Transaction, instance: Instance) -> None:
        """Drop the run of an instance that has ended."""
        activation = self.active.get(instance.uid)
        if activation is not None:
            activation.drop(tx)

    def fill(self, tx: Transaction) -> None:
        """Start runs while there are slots; last part of every turn."""
        while not self._closing and len(self._tasks) < self._slots and (self._resuming or self._new):
            uid = self._resuming.popleft() if self._resuming else self._new.popleft()
            self._in_line.discard(uid)
            instance = self.core.instance(tx, uid)
            bound = self.engine.workflows.get(instance.workflow)
            if instance.final or instance.held:
                continue
            if bound is None:
                self._unbound.setdefault(instance.workflow, []).append(uid)
                continue
            if instance.queued:
                tx.append(instance, "started")
            task = asyncio.get_running_loop().create_task(self._run(instance, bound))
            self._tasks[uid] = task

    async def _run(self, instance: Instance, bound: Bound) -> None:
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
        again = instance.uid in self._again
        self._again.discard(instance.uid)
        activation, same = token.activation, instance.life == token.life
        if outcome is not None and not instance.final and not instance.held and same:
            self._conclude(tx, instance, activation, *outcome)
        undo = same and not instance.final and instance.phase == "rollback"
        if undo and activation is not None and activation.lingering and activation.worker.gone is None:
            activation.roll_back(tx)
            self.active[instance.uid] = activation
            self._tasks[instance.uid] = asyncio.get_running_loop().create_task(self._undo(instance, token, activation))
            return
        if activation is not None:
            activation.drop(tx)
        if not instance.final and (again or (undo and not later) or not same):
            self.ready(instance)
        tx.after(lambda: self.forget(instance.uid))
        self.engine.workers.room()

    def _conclude(
        self, tx: Transaction, instance: Instance, activation: Activation | None, outcome: str, data: Any
    ) -> None:
        """Take what a run came to; a rollback asked for while it ended goes first."""
        undoing = instance.phase == "rollback"
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
        return uid not in self._tasks and uid not in self._in_line

    async def close(self) -> None:
        """Cancel every run."""
        self._closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

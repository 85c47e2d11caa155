"""Introspectors: they mock what an instance does, and wait for what it comes to (semantics I)."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Generator, Mapping
from functools import partial
from typing import Any, Self

from dynamic_workflows.host.binding import Workflow
from dynamic_workflows.host.clocks import TestClock
from dynamic_workflows.host.engine import Engine
from dynamic_workflows.host.history.core import resolve
from dynamic_workflows.host.history.instance import FINAL, Instance, Where
from dynamic_workflows.host.history.mocks import Mocks
from dynamic_workflows.host.history.sealed import REDACTED
from dynamic_workflows.host.history.streams import content
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.rules.mocking import Session
from dynamic_workflows.shared import values
from dynamic_workflows.shared.errors import InstanceNotFound, InvalidOptions, exception_from
from dynamic_workflows.shared.streams import is_stream, stream_output
from dynamic_workflows.testing.modifier import IntrospectionError, Modifier, Selector, target_of

Modify = Callable[[Modifier], Any]
Look = Callable[[Transaction, Instance | None], Any]
STATUSES = ("queued", "running", "paused", "errored", "terminated", "complete", "waitingForPause", "waiting", "unknown")
PENDING: Any = object()


def introspect_workflow_instance(binding: Any, id: str) -> WorkflowInstanceIntrospector:
    """Return the introspector of one instance, which need not exist yet.

        async with introspect_workflow_instance(orders, "order-1") as order:
            await order.modify(lambda m: m.disable_sleeps().mock_step_result("charge", {"receipt": 7}))
            await orders.create({"id": "order-1"})
            await order.wait_for_status("complete")
            assert await order.get_output() == {"receipt": 7}

    ``await`` works in place of ``async with``; then ``dispose`` is yours to call.

    Args:
        binding: what ``bind`` or ``wrap_workflow_binding`` returned, a tenant's own included.

    Raises:
        IntrospectionError: one of the two is missing.
    """
    if binding is None or not id:
        raise IntrospectionError("[WorkflowIntrospector] Workflow binding and instance id are required.")
    workflow = _workflow(binding)
    return WorkflowInstanceIntrospector(workflow._engine, (workflow.name, workflow.tenant, id))


def introspect_workflow(binding: Any) -> WorkflowIntrospector:
    """Return a session that introspects every instance of a workflow created from its start on.

        async with introspect_workflow(orders) as session:
            await session.modify_all(lambda m: m.disable_sleeps())
            await orders.create_batch([{}, {}, {}])
            for order in session.get():
                await order.wait_for_status("complete")

    It starts with ``async with`` or ``await``. A binding of all tenants sees the instances of each, a tenant's own
    binding only that tenant's.

    Raises:
        IntrospectionError: there is no binding; at the start, the workflow has such a session already.
    """
    if binding is None:
        raise IntrospectionError("[WorkflowIntrospector] Workflow binding is required.")
    return WorkflowIntrospector(_workflow(binding))


class WorkflowInstanceIntrospector:
    """Sees and changes what one instance does. It works on the engine that its binding belongs to."""

    def __init__(self, engine: Engine, where: Where) -> None:
        self._engine, self._where = engine, where
        self._one_at_a_time = asyncio.Lock()

    @property
    def id(self) -> str:
        """The instance's id."""
        return self._where[2]

    async def modify(self, fn: Modify) -> Self:
        """Call ``fn``, a function or coroutine function, with a ``Modifier``; what it asked for holds from then on.

        If it raises, nothing of it holds.
        """
        async with self._one_at_a_time:
            mocks = self._engine.mocks.of(self._where)
            await _called(fn, Modifier(mocks))
            await self._engine.core.submit(lambda tx: self._engine.mocks.put(tx, self._where, mocks))
        return self

    async def wait_for_step_result(self, step: Selector, *, index: int | None = None) -> Any:
        """Return what a ``do`` step returned, at once if it is over.

        A sensitive result shows as ``[REDACTED]``, a stream as all of its bytes.

        Args:
            step: its name, or ``{"name": ..., "index": n}`` for its n-th occurrence, counted from 1.

        Raises:
            Exception: the step failed for good; it is the step's own error.
        """
        key = f"do:{target_of(step, index)}"

        def look(tx: Transaction, instance: Instance | None) -> Any:
            found = instance.steps.get(key) if instance is not None else None
            if instance is None or found is None or not found.settled:
                return PENDING
            if found.error is not None:
                raise exception_from(found.error)
            return _shown(tx, instance, key)

        return await self._until(look)

    async def wait_for_status(self, status: str | Mapping[str, str]) -> None:
        """Return once the instance has a status; "running" is true of one that sleeps or waits, too.

        ``"queued"`` is always reached already.

        Raises:
            IntrospectionError: it has ended with another status, and that one would be an end, too.
            InvalidOptions: there is no such status.
        """
        wanted = status["status"] if isinstance(status, Mapping) and "status" in status else status
        if wanted not in STATUSES:
            raise InvalidOptions(f"There is no status {wanted!r:.80}: wait for one of {', '.join(STATUSES)}.")

        def look(tx: Transaction, instance: Instance | None) -> Any:
            reached = instance.status if instance is not None else "queued"
            if wanted in ("queued", reached) or (wanted, reached) == ("running", "waiting"):
                return None
            if wanted in FINAL and reached in FINAL:
                raise IntrospectionError(
                    f"[WorkflowIntrospector] The Workflow instance {self.id} has reached status '{reached}'. This is a "
                    f"finite status that prevents it from ever reaching the expected status of '{wanted}'."
                )
            return PENDING

        await self._until(look)

    async def get_output(self) -> Any:
        """Return what ``run`` returned.

        Raises:
            IntrospectionError: the instance is not complete.
        """
        status, output, _ = await self._ended()
        if status != "complete":
            raise IntrospectionError(
                f'Cannot retrieve output: Workflow instance is in status "{status}" '
                'but must be "complete" to have an output available'
            )
        return values.decode(output)

    async def get_error(self) -> dict[str, str]:
        """Return ``{"name", "message"}`` of the error that ended the instance.

        Errors of the engine show as they do to code that called it: name ``Error``, the class in the message.

        Raises:
            IntrospectionError: the instance is not errored.
        """
        status, _, error = await self._ended()
        if status != "errored":
            raise IntrospectionError(
                f'Cannot retrieve error: Workflow instance is in status "{status}" '
                'but must be "errored" to have error information available'
            )
        name, message = error["name"], error["message"]
        if name in FOLDED:
            name, message = "Error", f"{name}: {message}"
        return {"name": name, "message": message}

    async def dispose(self) -> None:
        """End the instance, remove everything stored of it, and mock nothing of it any more. Twice is fine."""

        def dispose(tx: Transaction) -> None:
            self._engine.mocks.forget(tx, self._where)
            instance = self._find(tx)
            if instance is not None:
                self._engine.operations.delete(tx, instance)

        await self._engine.core.submit(dispose)

    waitForStepResult = wait_for_step_result
    waitForStatus = wait_for_status
    getOutput = get_output
    getError = get_error

    # -- looking ----------------------------------------------------------------------------------------------

    def _find(self, tx: Transaction) -> Instance | None:
        try:
            return self._engine.operations.find(tx, *self._where)
        except InstanceNotFound:
            return None

    async def _ended(self) -> tuple[str, Any, Any]:
        def read(tx: Transaction) -> tuple[str, Any, Any]:
            instance = self._find(tx)
            if instance is None:
                return "queued", None, None
            tx.after(partial(self._engine.scheduler.forget, instance.uid))
            return instance.status, instance.output, instance.error

        return await self._engine.core.submit(read)

    async def _until(self, look: Look) -> Any:
        """Return what ``look`` says of the instance once that is something: now, or after a change of it."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def check(tx: Transaction, instance: Instance | None) -> None:
            try:
                found = look(tx, instance)
            except Exception as error:
                tx.after(partial(_fail, answer, error))
            else:
                if found is not PENDING:
                    tx.after(partial(resolve, answer, found))

        def changed(tx: Transaction, instances: dict[int, Instance]) -> None:
            for instance in instances.values():
                if instance.where == self._where:
                    check(tx, instance)

        stop = self._engine.watch(changed)
        try:
            await self._engine.core.submit(lambda tx: check(tx, self._find(tx)))
            return await self._waited(answer)
        finally:
            stop()

    async def _waited(self, answer: asyncio.Future[Any]) -> Any:
        clock = self._engine.core.clock
        if not isinstance(clock, TestClock) or clock.skip is None:
            return await self._engine.core.wait(answer)
        skipping = asyncio.ensure_future(clock.skip(answer))
        try:
            found = await self._engine.core.wait(answer)
            await skipping  # to the end of the move that brought the answer
        finally:
            skipping.cancel()
        return found

    # -- as a context -----------------------------------------------------------------------------------------

    def __await__(self) -> Generator[Any, None, Self]:
        yield from ()
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.dispose()


FOLDED = frozenset({"WorkflowTimeoutError"})


class WorkflowIntrospector:
    """A session: every instance of a workflow that is created while it lasts gets its mocks before its first run."""

    def __init__(self, workflow: Workflow) -> None:
        self._engine, self._name = workflow._engine, workflow.name
        self._session: Session | None = None
        self._disposed = False
        self._tenant = workflow.tenant
        self._instances: dict[Where, WorkflowInstanceIntrospector] = {}

    async def modify_all(self, fn: Modify) -> Self:
        """Call ``fn`` with a ``Modifier``: what it asks for is added to what applies to instances created from now on.

        If it raises, nothing of it holds.

        Raises:
            IntrospectionError: the session has not started, or is over.
        """
        session = self._started()
        mocks = Mocks.of(session.mocks.text())
        await _called(fn, Modifier(mocks))
        session.mocks = mocks
        return self

    def get(self) -> Introspectors:
        """Return the introspectors of the instances created since the start, oldest first; always the same objects.

        Raises:
            IntrospectionError: the session has not started, or is over.
        """
        self._started()
        return Introspectors(self._instances.values())

    async def dispose(self) -> None:
        """End the session, then dispose of every instance that was created in it. Twice is fine."""
        self._disposed = True
        if self._session is not None and self._engine.mocks.sessions.get(self._name) is self._session:
            del self._engine.mocks.sessions[self._name]
        instances, self._instances = self._instances, {}
        for instance in instances.values():
            await instance.dispose()

    modifyAll = modify_all

    def _started(self) -> Session:
        if self._session is None:
            raise IntrospectionError("Workflow introspection has not started.")
        if self._disposed:
            raise IntrospectionError(
                f'Workflow "{self._name}" does not have an active introspection session for this introspector.'
            )
        return self._session

    async def _start(self) -> Self:
        if self._session is None and not self._disposed:
            if self._name in self._engine.mocks.sessions:
                raise IntrospectionError(
                    f'Workflow "{self._name}" already has an active introspection session for binding "{self._name}".'
                )
            self._session = self._engine.mocks.sessions[self._name] = Session(self._tenant, self._created)
        return self

    def _created(self, where: Where) -> None:
        self._instances[where] = WorkflowInstanceIntrospector(self._engine, where)

    def __await__(self) -> Generator[Any, None, Self]:
        return self._start().__await__()

    async def __aenter__(self) -> Self:
        return await self._start()

    async def __aexit__(self, *exc: object) -> None:
        await self.dispose()


class Introspectors(list[WorkflowInstanceIntrospector]):
    """A list that can be awaited as well, for test suites that were written for promises."""

    def __await__(self) -> Generator[Any, None, Self]:
        yield from ()
        return self


def _workflow(binding: Any) -> Workflow:
    """Return the engine's own binding behind what a host or a tenant was given."""
    while not isinstance(binding, Workflow):
        inner = getattr(binding, "_binding", None)
        if not callable(inner):
            raise InvalidOptions(f"{type(binding).__name__} is no workflow binding: give what bind() returned.")
        binding = inner()
    return binding


def _shown(tx: Transaction, instance: Instance, key: str) -> Any:
    """Return a step's output as a test may see it."""
    value = instance.steps[key].value
    if value is None:
        return REDACTED
    if is_stream(value):
        return REDACTED if stream_output(value).preview is None else content(tx, instance, key)
    return values.decode(value)


async def _called(fn: Modify, modifier: Modifier) -> None:
    answer: Any = fn(modifier)
    if inspect.isawaitable(answer) and answer is not modifier:
        await _one(answer)
    await modifier.read_streams()


async def _one(answer: Awaitable[Any]) -> None:
    await answer


def _fail(answer: asyncio.Future[Any], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)

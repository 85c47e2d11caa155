"""The ``step`` object that tenant code gets: ``do``, ``sleep``, ``sleep_until`` and ``wait_for_event``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from dynamic_workflows.shared import checks
from dynamic_workflows.shared.errors import WorkflowFatalError
from dynamic_workflows.shared.rollbacks import IN_ROLLBACK, rollback_options

from .parameters import parameters
from .rollbacks import Rollback
from .scope import SCOPE, Suspended

if TYPE_CHECKING:
    from .run import Run

Wrapper = Callable[[], Coroutine[Any, Any, Any]]
_Undo = tuple[Any, Any]  # rollback= and rollback_config=, as they were given


class _Implicit:
    def __repr__(self) -> str:
        return "<by parameter name>"


_IMPLICIT: Any = _Implicit()


class StepApi:
    """Durable steps of one run. Every call is found again in history by its kind, name and count."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._declared: dict[str, Wrapper] = {}
        self._results: dict[str, Any] = {}
        self._in_flight: dict[str, list[_Call]] = {}

    def do(
        self,
        name: str | None = None,
        depends: Sequence[Wrapper] | None = _IMPLICIT,
        concurrent: bool = False,
        config: dict[str, Any] | None = None,
        *,
        rollback: Any = None,
        rollback_config: Any = None,
    ) -> Callable[[Callable[..., Any]], Wrapper]:
        """Return a decorator that makes a function a durable step, run when the result is called and awaited.

        Args:
            name: the step's name; the function's own name when left out.
            depends: steps whose results fill the parameters in order; without it, parameters name their steps.
            concurrent: whether dependencies run at the same time.
            config: ``{"retries": {"limit", "delay", "backoff"}, "timeout", "sensitive"}``; ``delay`` may be a function
                of ``ctx`` and ``error``.
            rollback: extension: a function that undoes the step, given ``{"ctx", "error", "output", "stepName"}``;
                it runs when the run fails or is terminated with a rollback, those of later steps first.
            rollback_config: ``{"retries", "timeout"}`` of that function; its ``delay`` may be a function too.
        """
        if callable(name):
            raise TypeError('step.do is called before it decorates: write @step.do() or @step.do("name")')
        if depends is not _IMPLICIT and not isinstance(depends, list | tuple | None):
            raise TypeError(f"'depends' is a list of steps, not {type(depends).__name__}: step.do() is a decorator")
        undo = (rollback, rollback_config)

        def decorate(function: Callable[..., Any]) -> Wrapper:
            own = name if name is not None else getattr(function, "__name__", None)

            async def wrapper() -> Any:
                return await self._perform(function, own, depends, concurrent, config, undo)

            wrapper._step_name = own  # type: ignore[attr-defined]
            if isinstance(own, str):
                self._declared[own] = wrapper
            return wrapper

        return decorate

    async def _perform(self, function: Any, name: Any, depends: Any, concurrent: bool, config: Any, undo: _Undo) -> Any:
        call = _Call()
        in_flight = self._in_flight.setdefault(name, []) if isinstance(name, str) else []
        in_flight.append(call)
        try:
            value = await self._value(function, name, depends, concurrent, config, undo)
        except BaseException as error:
            in_flight.remove(call)
            call.failed(error)
            raise
        in_flight.remove(call)
        self._results[name] = value
        call.done(value)
        return value

    async def _value(self, function: Any, name: Any, depends: Any, concurrent: bool, config: Any, undo: _Undo) -> Any:
        asked = parameters(function) if callable(function) else None
        if asked is None or not asked.names:
            given: list[Any] | None = None
            if asked is not None and depends is not _IMPLICIT and depends:
                _match((), depends)
        else:
            given = await self._dependencies(asked.names, depends, concurrent)
        if _silent(self._run):
            await _never(self._run)
        if asked is None:
            raise WorkflowFatalError(f'Step "{name}" requires a callback function')
        rollback = _rollback(name, *undo, self._run.retry_delay)
        self._check_phase()
        checks.step_limit(*self._run.count_step())
        checks.step_name(name)
        merged = checks.step_config(name, config, delay=self._run.retry_delay)
        delay = _delay(merged, config)
        if given is None:
            return await self._run.do(name, merged, lambda ctx: function(), delay, rollback)
        return await self._run.do(name, merged, lambda ctx: _call(function, asked, given, ctx), delay, rollback)

    # -- dependencies

    async def _dependencies(self, names: tuple[str, ...], depends: Any, concurrent: bool) -> list[Any]:
        """Return the argument of each parameter; the place of ``ctx`` is kept by a marker."""
        wanted = self._implicit(names) if depends is _IMPLICIT else _match(names, depends)
        steps = [step for step in wanted if step is not _CTX]
        if concurrent:
            found = iter(await asyncio.gather(*map(self._result, steps)))
        else:
            found = iter([await self._result(step) for step in steps])
        return [_CTX if step is _CTX else next(found) for step in wanted]

    def _implicit(self, names: tuple[str, ...]) -> list[Any]:
        wanted: list[Any] = []
        for name in names:
            if name in self._declared:
                wanted.append(self._declared[name])
            elif name == "ctx":
                wanted.append(_CTX)
            else:
                raise TypeError(f"Received unexpected parameter {name}")
        return wanted

    async def _result(self, step: Any) -> Any:
        name: Any = getattr(step, "_step_name", None)
        while True:
            if name in self._results:
                return self._results[name]
            in_flight = self._in_flight.get(name)
            if not in_flight:
                return await step()
            try:
                return await in_flight[-1].outcome()
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                # whoever called the step gave up on it: call it again

    def _check_phase(self) -> None:
        """Refuse handlers of a rollback: they cannot make steps of their own."""
        if self._run.halted:
            raise WorkflowFatalError(IN_ROLLBACK)

    # -- time and events

    def sleep(self, name: str, duration: Any) -> Awaitable[None]:
        """Sleep durably; a number is milliseconds. The sleep starts at once, awaited or not."""
        if _silent(self._run):
            return _never(self._run)
        self._check_phase()
        milliseconds = checks.sleep_duration(name, duration)
        return self._run.ask("sleep", name, {"duration": milliseconds})

    def sleep_until(self, name: str, timestamp: Any) -> Awaitable[None]:
        """Sleep durably until a ``datetime`` (naive: UTC) or a number of milliseconds since the epoch."""
        if _silent(self._run):
            return _never(self._run)
        self._check_phase()
        moment = checks.wake_time(name, timestamp)
        return self._run.ask("sleep", name, {"until": moment})

    async def wait_for_event(self, name: str, event_type: str, /, timeout: Any = "24 hours") -> Any:
        """Wait durably for an event of a type and return its ``payload``, ``timestamp`` and ``type``."""
        if _silent(self._run):
            await _never(self._run)
        self._check_phase()
        milliseconds = checks.wait_timeout(name, timeout)
        checks.event_type(event_type)
        return await self._run.ask("wait", name, {"type": event_type, "timeout": milliseconds})


def _rollback(name: Any, function: Any, config: Any, delay: int) -> Rollback | None:
    merged = rollback_options(name, function, config, delay)
    if merged is None:
        return None
    return Rollback(function, merged, _delay(merged, config))


def _delay(merged: dict[str, Any], config: Any) -> Any:
    """Return the function that a dynamic config stands for."""
    return config["retries"]["delay"] if merged["retries"]["delay"] == checks.DYNAMIC else None


class _Call:
    """One call of a step in flight; others who need its result wait here."""

    __slots__ = ("_future",)

    def __init__(self) -> None:
        self._future: asyncio.Future[Any] | None = None

    async def outcome(self) -> Any:
        if self._future is None:
            self._future = asyncio.Future()
        return await asyncio.shield(self._future)

    def done(self, value: Any) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_result(value)

    def failed(self, error: BaseException) -> None:
        if self._future is None or self._future.done():
            return
        if isinstance(error, Exception) and not isinstance(error, (StopIteration, StopAsyncIteration)):
            self._future.set_exception(error)
        else:
            self._future.cancel()


_CTX: Any = object()


def _match(names: tuple[str, ...], depends: Any) -> list[Any]:
    """Return what fills each parameter in the older form of ``do``, where ``depends`` lists the steps."""
    others = sum(name != "ctx" for name in names)
    if others and not depends:
        raise TypeError(f"Step has {others} non-ctx parameter(s) but no 'depends' list provided")
    given = list(depends or ())
    if len(given) != others:
        raise TypeError(f"Step declares {others} non-ctx parameter(s) but 'depends' has {len(given)} item(s)")
    for step in given:
        if not hasattr(step, "_step_name"):
            raise TypeError(f"'depends' lists steps, the results of @step.do(), not {type(step).__name__}")
    steps = iter(given)
    return [_CTX if name == "ctx" else next(steps) for name in names]


def _call(function: Any, asked: Any, given: list[Any], ctx: dict[str, Any]) -> Any:
    arguments = [ctx if item is _CTX else _own(item) for item in given]
    by_name = dict(zip(asked.names[asked.positional :], arguments[asked.positional :], strict=True))
    return function(*arguments[: asked.positional], **by_name)


def _own(value: Any) -> Any:
    """Return a copy of a result: what a callback changes in it does not happen again in a replay."""
    if isinstance(value, dict):
        return type(value)({name: _own(item) for name, item in value.items()})
    if isinstance(value, list):
        return [_own(item) for item in value]
    return set(value) if isinstance(value, set) else value


def _silent(run: Run) -> bool:
    scope = SCOPE.get()
    return run.dead or (scope is not None and scope.silent)


def _never(run: Run) -> asyncio.Future[Any]:
    """Return what nothing resolves: the code that asks has been abandoned."""
    if run.dead:
        raise Suspended
    return asyncio.Future()

"""The modifier: what a test makes of the steps, sleeps and waits of an instance (semantics I)."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Generator, Iterable, Mapping
from typing import Any

from dynamic_workflows.host.history.mocks import Failures, Mocks, Outcome, timed_out
from dynamic_workflows.host.rules.creation import sized
from dynamic_workflows.shared import checks, values
from dynamic_workflows.shared.checks import output_too_large
from dynamic_workflows.shared.errors import InvalidOptions, WorkflowError, record_of

Selector = str | Mapping[str, Any]  # a step's name, or {"name": str, "index"?: 1-based occurrence}


class IntrospectionError(WorkflowError):
    """Raised when a test asks something of an introspector or a modifier that cannot be had in that order or state."""


class Modifier:
    """What ``modify`` and ``modify_all`` give to a test's function.

    A step is given by its name, or as ``{"name": ..., "index": n}`` for its n-th occurrence, counted from 1. Every
    method returns the modifier, so calls can be chained, and awaited where a test suite was written for promises.
    What is mocked holds for everything that begins afterwards, in every life of the instance. Each method has its
    camelCase name too.
    """

    def __init__(self, mocks: Mocks) -> None:
        self._mocks = mocks
        self._unread: dict[str, AsyncIterator[Any]] = {}

    def disable_sleeps(self, steps: Iterable[Selector] | None = None) -> Modifier:
        """Let every sleep, or those of a list, be over at once. History still has the duration that was asked for."""
        self._mocks.sleeps = _with(self._mocks.sleeps, steps)
        return self

    def disable_retry_delays(self, steps: Iterable[Selector] | None = None) -> Modifier:
        """Let every attempt, or those of a list of steps, follow at once. History still has the configured delay."""
        self._mocks.retry_delays = _with(self._mocks.retry_delays, steps)
        return self

    def mock_step_result(self, step: Selector, value: Any) -> Modifier:
        """Let a step return ``value``, None included, without its callback being run.

        An async iterator of bytes is a stream. It is read to its end when the modification is over.

        Raises:
            IntrospectionError: its result is mocked already.
            NotSerialisable, InvalidOptions: the value cannot be a step's result.
        """
        target = target_of(step)
        if self._mocks.has_result(target):
            raise _wrong(f"Trying to mock step '{_name(step)}' multiple times!")
        if isinstance(value, AsyncIterator):
            self._mocks.streams[target] = ""
            self._unread[target] = value
            return self
        text = values.encode(value)
        if values.too_large(text):
            raise InvalidOptions(output_too_large(target))
        self._mocks.results[target] = text
        return self

    def mock_step_error(
        self, step: Selector, error: BaseException | Mapping[str, str], times: int | None = None
    ) -> Modifier:
        """Let the next ``times`` attempts of a step fail with ``error``, or all of them, without running its callback.

        Errors and timeouts of a step that say how often follow each other: one error, then two timeouts, are attempts
        1, 2 and 3.

        Args:
            error: an exception, or ``{"name": ..., "message": ...}``.

        Raises:
            IntrospectionError: the step's result is mocked already: mock errors first, the result last.
        """
        self._fail(self._mocks.errors, step, _record(error), times, "mock error")
        return self

    def force_step_timeout(self, step: Selector, times: int | None = None) -> Modifier:
        """Let the next ``times`` attempts of a step time out, or all of them, without running its callback.

        Raises:
            IntrospectionError: the step's result is mocked already: force timeouts first, mock the result last.
        """
        self._fail(self._mocks.timeouts, step, timed_out(), times, "force timeout")
        return self

    def mock_event(self, event: Mapping[str, Any]) -> Modifier:
        """Send ``{"type", "payload"?}`` ahead: the instance finds it when it waits, now and in every later life.

        Raises:
            InvalidOptions, InvalidEventType, PayloadTooLarge, NotSerialisable: it cannot be an event.
        """
        if not isinstance(event, Mapping) or not {"type"} <= event.keys() <= {"type", "payload"}:
            raise InvalidOptions(f'mock_event takes {{"type": ..., "payload": ...}}, not {event!r:.80}.')
        checks.event_type(event["type"])
        payload = sized("The event's payload", event.get("payload"))
        self._mocks.events.append({"type": event["type"], "payload": payload})
        return self

    def force_event_timeout(self, step: Selector) -> Modifier:
        """Let a wait for an event time out at once, even where its event is there."""
        self._mocks.waits.append(target_of(step))
        return self

    disableSleeps = disable_sleeps
    disableRetryDelays = disable_retry_delays
    mockStepResult = mock_step_result
    mockStepError = mock_step_error
    forceStepTimeout = force_step_timeout
    mockEvent = mock_event
    forceEventTimeout = force_event_timeout

    async def read_streams(self) -> None:
        """Read the streams that were given as results.

        Raises:
            InvalidOptions: one yielded something else than bytes. What a stream raises propagates.
        """
        for target, stream in self._unread.items():
            pieces = []
            async for piece in stream:
                if not isinstance(piece, bytes | bytearray | memoryview):
                    raise InvalidOptions(f"The mocked stream of {target} yielded {piece!r:.80}: a stream is of bytes.")
                pieces.append(bytes(piece))
            self._mocks.streams[target] = base64.b64encode(b"".join(pieces)).decode("ascii")
        self._unread.clear()

    def __await__(self) -> Generator[Any, None, Modifier]:
        yield from ()
        return self

    def _fail(
        self, failures: dict[str, Failures], step: Selector, error: Outcome, times: int | None, what: str
    ) -> None:
        target = target_of(step)
        if self._mocks.has_result(target):
            raise _wrong(f"Trying to {what} on step '{_name(step)}' after mocking its result!")
        mine = failures.setdefault(target, Failures())
        if times is None:
            mine.all = error
            return
        if type(times) is not int or times < 1:
            raise InvalidOptions(f"times is {times!r:.80}: give a whole number of attempts, or nothing for all.")
        first = self._mocks.next_attempt.get(target, 1)
        mine.single.update({str(attempt): error for attempt in range(first, first + times)})
        self._mocks.next_attempt[target] = first + times


def target_of(step: Selector, index: int | None = None) -> str:
    """Return the name and occurrence that a selector means, as ``name-count``.

    Raises:
        InvalidOptions: it is no selector.
    """
    name, count = (step, index) if isinstance(step, str) else (_name(step), index or step.get("index"))
    if count is None:
        count = 1
    if not isinstance(name, str) or type(count) is not int or count < 1:
        raise InvalidOptions(f'A step is its name or {{"name": ..., "index": 1}}, not {step!r:.80}.')
    return f"{name}-{count}"


def _name(step: Selector) -> Any:
    if isinstance(step, str):
        return step
    if not isinstance(step, Mapping) or not {"name"} <= step.keys() <= {"name", "index"}:
        raise InvalidOptions(f'A step is its name or {{"name": ..., "index": 1}}, not {step!r:.80}.')
    return step["name"]


def _with(known: list[str] | None, steps: Iterable[Selector] | None) -> list[str] | None:
    if known is None or steps is None:
        return None
    given: Iterable[Selector] = [steps] if isinstance(steps, str | Mapping) else steps
    return list(dict.fromkeys([*known, *map(target_of, given)]))


def _record(error: BaseException | Mapping[str, str]) -> Outcome:
    if isinstance(error, BaseException):
        return record_of(error)
    if not isinstance(error, Mapping) or not {"message"} <= error.keys() <= {"name", "message"}:
        raise InvalidOptions(f'An error is an exception or {{"name": ..., "message": ...}}, not {error!r:.80}.')
    return {"name": str(error.get("name", "Error")), "message": str(error["message"])}


def _wrong(text: str) -> IntrospectionError:
    return IntrospectionError(f"[WorkflowIntrospector] {text}")

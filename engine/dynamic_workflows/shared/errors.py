"""Every error the engine raises. Each class says when; each message names the thing, the rule and the fix."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from .limits import ERROR_TEXT, GROUP_DEPTH, GROUP_PARTS, STORAGE_BYTES, STREAM_INPUT_BYTES, TRACEBACK_TEXT
from .texts import cleaned

_PACKAGE = __name__.partition(".")[0] + "."


class WorkflowError(Exception):
    """The root of everything this package raises on purpose. ``page`` names the page of the docs that explains it."""

    page: ClassVar[str] = "errors/WorkflowError"  # not a note: tests match texts with their notes

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith(_PACKAGE) and "page" not in vars(cls):
            cls.page = f"errors/{cls.__name__}"

    @property
    def message(self) -> str:
        """The text without the class name."""
        return str(self)


class NonRetryableError(WorkflowError):
    """Raised by tenant code inside a step: the step fails at once, whatever retries its config still allows."""


class NonRetryableDelayError(WorkflowError):
    """Raised out of a step whose delay function failed: the step fails for good, its own error is not kept.

    Args:
        step: the step's name and count.
        reason: what the function did wrong.
    """

    LATE = "did not return within 5 seconds"
    INVALID = 'returned an invalid delay value (expected a number of ms or a duration string like "30 seconds")'

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f'The delay function for step "{step}" {reason}')


class WorkflowFatalError(WorkflowError):
    """Raised into tenant code when a call to ``step`` breaks a rule; uncaught, it ends the instance."""


class WorkflowTimeoutError(WorkflowError):
    """Raised when an attempt or a wait took longer than its timeout."""

    def __init__(self, milliseconds: int | str) -> None:
        text = milliseconds if isinstance(milliseconds, str) else f"Execution timed out after {milliseconds}ms"
        super().__init__(text)


class WorkflowInternalError(WorkflowError):
    """Raised when a step cannot be stored or was cut off too often; retried like any failed attempt."""


class NotSerialisable(WorkflowError):
    """Raised when a value is not one that can be stored; for a step's result it ends the instance."""


class StreamError(WorkflowError):
    """Raised when a stream that a step returned cannot be stored: it ends the instance."""


class InvalidStepReadableStreamError(StreamError):
    """Raised when a step's stream is used up already, or fails while it is read."""

    UNREADABLE = (
        "Step returned a ReadableStream that is already locked or otherwise unreadable. "
        "Return a fresh, unlocked ReadableStream from step.do()."
    )

    @classmethod
    def failed(cls, reason: str) -> InvalidStepReadableStreamError:
        """Return the error of a stream that raised."""
        return cls(f"Failed to read from step ReadableStream output. {reason}")


class OversizedStreamChunkError(StreamError):
    """Raised when a step's stream yields more than 16 MiB at once."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or "Step returned a ReadableStream chunk larger than the maximum allowed size of "
            f"{STREAM_INPUT_BYTES} bytes. Return smaller chunks from step.do()."
        )


class UnsupportedStreamChunkError(StreamError):
    """Raised when a step's stream yields anything but bytes."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or "Step returned a ReadableStream with unsupported chunk type. "
            "Only bytes, bytearray and memoryview chunks are supported."
        )


class StorageLimitExceeded(WorkflowError):
    """Raised when the outputs of an instance take more than it may store: it ends the instance."""

    def __init__(self, limit: int | str) -> None:
        size = limit if isinstance(limit, str) else "1GiB" if limit == STORAGE_BYTES else f"{limit:,} bytes"
        super().__init__(f"The instance has exceeded the {size} storage limit")


class InvalidDuration(WorkflowError, ValueError):
    """Raised when a duration is neither a number of milliseconds nor ``"<number> <unit>"``."""

    def __init__(self, given: object) -> None:
        super().__init__(
            f"{given!r} is not a duration: give milliseconds as a number, or text such as "
            '"10 seconds" with one of second, minute, hour, day, week, month, year.'
        )


class NotAvailableError(WorkflowError):
    """Raised for a part of the platform's API that this release does not have; ``why`` says more where there is more.

    Args:
        why: a whole sentence.
    """

    def __init__(self, what: str, why: str = "") -> None:
        super().__init__(f"{what} is not available in this release." + (f" {why}" if why else ""))


class InstanceError(WorkflowError):
    """The caller's mistakes about instances; ``code`` is the documented code."""

    code = "instance.error"

    def __init__(self, text: str) -> None:
        super().__init__(f"({self.code}) {text}")


class InstanceNotFound(InstanceError):
    """Raised when no instance of that workflow, tenant and id exists."""

    code = "instance.not_found"

    def __init__(self) -> None:
        super().__init__("Instance does not exist")


class InstanceAlreadyExists(InstanceError):
    """Raised when an instance of that workflow, tenant and id exists already."""

    code = "instance.already_exists"

    def __init__(self, id: str) -> None:
        super().__init__(f'Workflow instance with id "{id}" already exists')


class InstanceCannotTerminate(InstanceError):
    """Raised when an instance has ended already."""

    code = "instance.cannot_terminate"

    def __init__(self) -> None:
        super().__init__("Cannot terminate instance since its on a finite state")


class InstanceCannotRestart(InstanceError):
    """Raised when a restart names a step that the instance's history does not have."""

    code = "instance.cannot_restart"

    def __init__(self, name: str) -> None:
        super().__init__(f'Step "{name}" not found in execution history')


class InstanceFinished(InstanceError):
    """Raised when an event or a skip is meant for an instance that has ended."""

    code = "instance.finished"

    def __init__(self, id: str, status: str) -> None:
        super().__init__(f'Workflow instance "{id}" is {status}; nothing can reach it any more')


class NothingToSkip(InstanceError):
    """Raised when an instance waits for no time, or the step that was named: no sleep, timeout or retry is pending."""

    code = "instance.nothing_to_skip"

    def __init__(self, id: str, key: str | None = None) -> None:
        waits = "waits for no time" if key is None else f"does not wait for the time of {key!r:.120}"
        super().__init__(f'Workflow instance "{id}" {waits}: nothing to skip')


class NothingToRetry(InstanceError):
    """Raised when no step of an instance waits for its next attempt, or not the one that was named."""

    code = "instance.nothing_to_retry"

    def __init__(self, id: str, key: str | None = None) -> None:
        what = "no step" if key is None else f"{key!r:.120} does not"
        waits = "waits" if key is None else "wait"
        super().__init__(f'In workflow instance "{id}" {what} {waits} for its next attempt: nothing to retry now')


class InvalidInstanceId(WorkflowError):
    """Raised when an instance id breaks its rule."""

    def __init__(self, id: object) -> None:
        super().__init__(
            f"Workflow instance has invalid id: {id!r:.120} is not 1 to 100 letters, digits, "
            '"-" or "_" (and no leading "-").'
        )


class InvalidWorkflowName(WorkflowError):
    """Raised when a workflow name breaks its rule."""

    def __init__(self, name: object) -> None:
        super().__init__(
            f'Workflow name {name!r:.120} is not 1 to 64 letters, digits, "-" or "_" (and no leading "-").'
        )


class InvalidEventType(WorkflowError):
    """Raised when an event type breaks its rule."""

    code = "workflow.invalid_event_type"

    def __init__(self, type: object) -> None:
        super().__init__(
            f'({self.code}) Event type {type!r:.120} is not 1 to 100 letters, digits, "-" or "_" (and no leading "-").'
        )


class InvalidOptions(WorkflowError):
    """Raised when create is given an option it does not have, or a value that option cannot take."""


class InvalidSchedule(WorkflowError):
    """Raised when a cron expression, or a workflow's list of them, breaks a rule; ``rule`` names it."""

    def __init__(self, rule: str, given: object = None) -> None:
        self.rule = rule
        super().__init__(
            f"schedules: {rule}." if given is None else f"schedules: {given!r:.300} cannot be used: {rule}."
        )


class CreationRateExceeded(WorkflowError):
    """Raised when more instances are created or restarted in a second than the engine's limits allow."""

    code = "instance.creation_rate"
    status = 429

    def __init__(self, limit: int, of: str) -> None:
        super().__init__(f"({self.code}) More than {limit} instances a second of {of}: create fewer, or later")


class InvalidBatch(WorkflowError):
    """Raised when a batch is empty, too long or not a list."""


class PayloadTooLarge(WorkflowError):
    """Raised when params or an event's payload are over 1 MiB."""

    def __init__(self, what: str, size: int) -> None:
        super().__init__(f"{what} is too large: {size:,} bytes. Maximum allowed size is 1MiB (1,048,576 bytes).")


class UnknownWorkflow(WorkflowError):
    """Raised when no workflow of that name is bound."""

    def __init__(self, name: str) -> None:
        super().__init__(f'No workflow named "{name}" is bound to this engine. Bind it with engine.bind().')


class MissingDispatcherMetadataError(WorkflowError):
    """Raised when an instance reaches a dispatcher without metadata: it was not created through a wrapped binding."""

    def __init__(self) -> None:
        super().__init__(
            "dynamic-workflows: the event lacks dispatcher metadata. "
            "Was the instance created through a binding from wrap_workflow_binding()?"
        )


class LoaderError(WorkflowError, TypeError):
    """Raised when WorkerCode breaks a rule of the Worker Loader."""


class CodeError(WorkflowError):
    """Raised when tenant code does not load; says file, line and column (1-based) where they are known."""

    def __init__(
        self,
        text: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        traceback: str | None = None,
    ) -> None:
        super().__init__(text)
        self.file, self.line, self.column, self.traceback = file, line, column, traceback


class NoEntrypoint(CodeError):
    """Raised when a file has no class based on WorkflowEntrypoint, or not the one asked for."""


class SandboxUnavailable(WorkflowError):
    """Raised when no sandbox can be started here."""


class ResourceLimitError(WorkflowError):
    """Raised when an attempt's sandbox was ended because it used up its CPU time or memory, or flooded the engine.

    The attempt is retried like one that timed out.
    """


class OutboundNotPermitted(WorkflowError):
    """Raised by ``fetch`` in code that was given no ``global_outbound``."""

    def __init__(self) -> None:
        super().__init__(
            "This worker is not permitted to access the internet via global functions like fetch(). "
            "It must use capabilities (such as bindings in 'env') to talk to the outside world."
        )


class TooManySubrequests(WorkflowError):
    """Raised by a call of ``env`` or ``fetch`` beyond the ``subRequests`` of its worker's limits."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"Too many subrequests: this invocation may make {limit} (limits.subRequests).")


class CpuTimeExceeded(WorkflowError):
    """Raised where a worker is called that computed for longer than the ``cpuMs`` of its limits without a pause."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"Worker exceeded CPU time limit: {limit} ms without a pause (limits.cpuMs).")


class ProtocolError(WorkflowError):
    """Raised when a message from a guest or a client breaks the protocol; it is dropped and counted."""


class StoreError(WorkflowError):
    """Anything that goes wrong with storage."""


class StoreLost(StoreError):
    """Raised when it is unknown whether the last turn was stored, or another engine owns the store: reopen it."""


class StoreReadOnly(StoreError):
    """Raised when a store that is only read is to be changed: the process that runs it has to be asked."""

    def __init__(self, verb: str, path: str) -> None:
        super().__init__(f"{verb} changes runs, and {path} is only read here. Ask the process that runs it.")


class StorageFullError(StoreError):
    """Raised when there is no space for another turn; nothing acknowledged is lost, nothing more is stored."""


class StoreTooNew(StoreError):
    """Raised when a store was written by a newer release; it is left untouched."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"This store has schema version {found}; this release knows {known}. Update, then open it.")


class NotAStore(StoreError):
    """Raised when a file that is to be imported is not a database of this engine, or is damaged; nothing changes."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The file was not imported: {reason}. Choose a file that was exported here.")


class StepError(WorkflowError):
    """A tenant's error of a class that does not exist here: keeps the class name and the message."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def page_of(record: Mapping[str, Any]) -> str | None:
    """Return the page of the docs that explains the error of a record; None for a class that is not ours."""
    name, module = record["name"], record.get("module", __name__)
    if not str(module).startswith(_PACKAGE):
        return None
    return next((kind.page for kind in _family(WorkflowError) if kind.__name__ == name), None)


def _family(kind: type[WorkflowError]) -> Iterator[type[WorkflowError]]:
    yield kind
    for other in kind.__subclasses__():
        if other.__module__.startswith(_PACKAGE):
            yield from _family(other)


def record_of(error: BaseException, *, traceback: str | None = None, depth: int = 0) -> dict[str, Any]:
    """Return the record an exception is stored as; ``final`` when no retry may follow it."""
    kind = type(error)
    name, message = kind.__name__, _message(error)
    final = isinstance(error, NonRetryableError) or name == NonRetryableError.__name__
    if not final and message.startswith(NonRetryableError.__name__):
        final, name = True, NonRetryableError.__name__
        message = message.removeprefix(NonRetryableError.__name__).removeprefix(":").strip()
    if isinstance(error, StepError):
        name = error.name
    record: dict[str, Any] = {"name": cleaned(name)[:256], "message": shortened(cleaned(message), ERROR_TEXT)}
    if traceback is not None:
        record["traceback"] = shortened(cleaned(traceback), TRACEBACK_TEXT)
    if kind.__module__ != "builtins" and kind.__module__ != __name__:
        record["module"] = cleaned(str(kind.__module__))[:256]
    if isinstance(error, BaseExceptionGroup) and depth < GROUP_DEPTH:
        record["exceptions"] = [record_of(part, depth=depth + 1) for part in error.exceptions[:GROUP_PARTS]]
        final = final or any("final" in part for part in record["exceptions"])
    state = error_state.state_of(error, _message(error))
    if state is not None:
        record["state"] = state
    if final:
        record["final"] = True
    return record


def _message(error: BaseException) -> str:
    try:
        return str(error) or ("The memory of the sandbox is used up." if isinstance(error, MemoryError) else "")
    except Exception as broken:  # a tenant's __str__
        return f"<the error's text could not be made: {type(broken).__name__}>"


def shortened(text: str, longest: int) -> str:
    """Return a text with its middle left out when it is too long."""
    if len(text) <= longest:
        return text
    return f"{text[: longest // 2]}\n… {len(text) - longest:,} characters left out …\n{text[-(longest // 2) :]}"


# A future cannot carry these.
_NEVER = (StopIteration, StopAsyncIteration)


def exception_from(record: Mapping[str, Any], find: Callable[[str, str], object] | None = None) -> Exception:
    """Return the exception of a record: its own class where that exists here, else a StepError of that name.

    No constructor of a tenant's class runs: the exception gets its arguments and attributes as they were recorded.

    Args:
        find: looks up a class by module and name, for classes that are neither Python's nor this package's.
    """
    name, message, module, state = record["name"], record["message"], record.get("module"), record.get("state")
    found: object = None
    if module is None:
        found = globals().get(name) or getattr(builtins, name, None)
    elif find is not None:
        found = find(module, name)
    error: Exception | None = None
    if isinstance(found, type) and issubclass(found, BaseExceptionGroup):
        parts = [exception_from(part, find) for part in record.get("exceptions", ())]
        error = error_state.group(ExceptionGroup if module is None else found, message, parts, state)
    elif isinstance(found, type) and issubclass(found, Exception) and not issubclass(found, _NEVER):
        error = error_state.rebuilt(found, message, state)
    return error_state.noted(StepError(name, message), state) if error is None else error


from . import error_state  # noqa: E402 - it needs the classes above

"""The guest: one worker's end of the port. It takes frames, runs turns, and never raises at its host."""

from __future__ import annotations

import asyncio
import base64
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextvars import copy_context
from typing import Any

from dynamic_workflows.shared.entrypoints import OUTBOUND, WorkerEntrypoint, WorkflowEntrypoint
from dynamic_workflows.shared.errors import (
    PayloadTooLarge,
    ProtocolError,
    WorkflowError,
    WorkflowFatalError,
    exception_from,
    record_of,
)
from dynamic_workflows.shared.protocol import decode_frame
from dynamic_workflows.shared.values import decode, encode, size, too_large

from .attempts import Step
from .blocking import Blocking, Switch
from .env import Env, ExecutionContext, plain
from .modules import TenantModules, load_error, write_files
from .ordered import InOrder
from .outbox import Outbox
from .output import Capture, Output
from .run import Run
from .scope import SCOPE, Scope, Suspended
from .services import HANDLERS, Services
from .step import StepApi
from .streams import Pace
from .tracebacks import tenant_traceback
from .turns import GuestLoop
from .workers_modules import MODULES

Message = dict[str, Any]
_BASES = (WorkflowEntrypoint, WorkerEntrypoint)


class Guest:
    """One worker: it loads a tenant's code once and runs any number of activations of it.

    Args:
        post: takes one frame for the engine.
        arm: asks for a call of ``turn`` in so many milliseconds (0: soon); it must not cancel an earlier request.
        elapsed: a monotonic clock in milliseconds.
        trusted: classes of the host by loader id, for code that is not loaded from text (in-process only).
        folder: takes the names of a worker's files and returns where they may be put for its code to read them, or
            None.
        switch: how code that is not async waits for an answer, or None where the host cannot let it.
    """

    def __init__(
        self,
        *,
        post: Callable[[str], None],
        arm: Callable[[int], None],
        elapsed: Callable[[], int],
        trusted: Mapping[str, Mapping[str, type]] | None = None,
        folder: Callable[[Iterable[str]], str | None] = lambda names: None,
        switch: Switch | None = None,
    ) -> None:
        self.loop = GuestLoop(arm, elapsed)
        self.loop.failed = self._unawaited
        self.outbox = Outbox(post)
        self.output = Output(self.outbox)
        self.pace = Pace(elapsed)
        self.env: Env | None = None
        self.releasing: dict[int, Run] = {}
        self.rebuilding: list[Run] = []
        self.buried: list[object] = []
        self.blocking = Blocking(switch, self._pause, self._resume)
        self._capture, self._in_order = Capture(), InOrder()
        self.handlers: dict[str, Callable[..., Any]] = {}  # functions of the main module: fetch for on_fetch
        self._trusted = trusted or {}
        self._folder = folder
        self._parts: dict[str, list[str]] = {}
        self._services = Services(self)
        self._modules = TenantModules("", {}, {})
        self._classes: dict[str, type] = {}
        self._loaded = False
        self._runs: dict[int, Run] = {}
        self._ended: list[Run] = []
        self._parking: list[int] = []
        self._queue: deque[tuple[Step, Scope]] = deque()
        self._calls: dict[int, tuple[Scope, asyncio.Future[Any]]] = {}
        self._call_count = 0
        self._inside = False
        self._waiting: deque[str] = deque()
        self._handlers: dict[str, Callable[[Message], None]] = {
            "part": lambda m: self._parts.setdefault(m["name"], []).append(m["text"]),
            "load": self._load,
            "memo": lambda m: self._runs[m["run"]].remember(m["entries"]),
            "run": self._start,
            "accepted": lambda m: self._runs[m["run"]].accepted(m["key"], m["attempt"]),
            "refused": lambda m: self._runs[m["run"]].refused(m["key"], m.get("attempt"), m["error"]),
            "attempt": lambda m: self._runs[m["run"]].attempt(m["key"], m["attempt"]),
            "ack": lambda m: self._runs[m["run"]].stored(m["key"], m["attempt"]),
            "value": lambda m: self._runs[m["run"]].outputs.answered(m),
            "delay": lambda m: self._runs[m["run"]].ask_delay(m["key"], m["attempt"], m["error"]),
            "settle": lambda m: self._runs[m["run"]].settle(m["key"], m),
            "rollback": lambda m: self._runs[m["run"]].rollbacks.ask(m),
            "result": self._result,
            "invoke": self._services.invoke,
            "end": lambda m: self._services.end(m["re"]),
            "park": self._park,
            "drop": lambda m: self._abandon(m["run"]),
            "ping": lambda m: self.outbox.say({"k": "pong", "re": m["n"]}),
        }

    # -- the host's two calls

    def receive(self, text: str) -> None:
        """Take one frame and run a whole turn."""
        if self._inside:  # the host answered from within post
            self._waiting.append(text)
            self.loop.call_soon(lambda: None)
            return
        self._turn([text])

    def turn(self) -> None:
        """Run the turn that ``arm`` asked for."""
        if not self._inside:
            self.loop.woken()
            self._turn([])

    def close(self) -> None:
        """Drop every run; nothing of this worker shows any more."""
        for id in list(self._runs):
            self._abandon(id)
        self._modules.forget()

    def _turn(self, texts: list[str]) -> None:
        try:
            texts = [*self._waiting, *texts]
            self._waiting.clear()
            try:
                self._enter()
                self.loop.turn(lambda: self._take(texts), self._quiet)
                self._end_turn()
            finally:
                self._leave()
        except BaseException as error:
            self._broken(error)

    def _enter(self) -> None:
        self._inside = True
        self._capture.__enter__()
        self._in_order.__enter__()
        self._modules.mount()

    def _leave(self) -> None:
        try:
            self._modules.unmount()  # those in place now: a load brings its own
        finally:
            self._in_order.__exit__()
            self._capture.__exit__()
            self._inside = False

    def _pause(self) -> None:
        self.loop.pause()
        self._leave()

    def _resume(self) -> None:
        self._enter()
        self.loop.enter()

    def _end_turn(self) -> None:
        self.output.end_turn()
        if self._parking:
            self._park_idle()
        self.outbox.flush()
        while self._ended:
            run = self._ended.pop()
            if not run.rollbacks.kept:
                self._abandon(run.id)
            elif not run.halted:
                run.halt()

    def _broken(self, error: BaseException) -> None:
        """Report a turn that failed in this package's own code: no run of it can be trusted to go on."""
        try:
            for run in list(self._runs):
                self._fail(run, error)
            self.outbox.flush()
        except BaseException:
            return  # the host's watchdog notices a worker that cannot speak

    # -- messages

    def _take(self, texts: list[str]) -> None:
        for text in texts:
            try:
                messages = decode_frame(text).messages
            except ProtocolError:
                continue
            for message in messages:
                self._deliver(message)

    def _deliver(self, message: Message) -> None:
        run = message.get("run")
        try:
            if message["k"] == "memo" and type(run) is int:
                self._runs.setdefault(run, Run(self, run))
            if run is None or run in self._runs or message["k"] in ("run", "park"):
                self._handlers[message["k"]](message)
        except BaseException as error:
            if type(run) is int and run in self._runs:
                self._fail(run, error)

    def _fail(self, run: int, error: BaseException) -> None:
        record = record_of(error, traceback=self.traceback(error))
        self._abandon(run)
        self.outbox.say({"k": "raised", "run": run, "error": record, "fatal": True})

    def _quiet(self) -> bool:
        """Move on when nothing runs: one answer a run, else the callbacks that wait; say whether there was any."""
        if self.blocking.due:
            return False  # what it does comes before the next answer
        moved = False
        for run in self.rebuilding[:]:
            moved |= run.rollbacks.replayed()
        for id, run in list(self.releasing.items()):
            moved |= run.release()
            if run.idle:
                self.releasing.pop(id, None)
        if moved or not self._queue:
            return moved
        self.outbox.flush(more=True)  # "start" is out before tenant code can hang
        queue, self._queue = self._queue, deque()
        for step, scope in queue:
            step.launch(scope)
        return True

    def queue(self, step: Step, scope: Scope) -> None:
        """Let a callback run once nothing else does."""
        self._queue.append((step, scope))

    # -- loading

    def _load(self, message: Message) -> None:
        if self._loaded:
            error = ProtocolError("A worker is loaded once.")
            self.outbox.say({"k": "loaded", "re": message["n"], "error": record_of(error)})
            return
        self._loaded = True
        scope = Scope(self)
        context = copy_context()
        context.run(SCOPE.set, scope)
        self.outbox.say({"k": "loaded", "re": message["n"], **context.run(self._loaded_fields, message)})
        self.output.end_line(scope)

    def _loaded_fields(self, message: Message) -> Message:
        files = self._files(message)
        try:
            self.env = Env(self, message["env"])
            if message["id"] in self._trusted and not any(files.values()):
                self._classes = dict(self._trusted[message["id"]])
            else:
                self._classes = self._import(message["main"], files)
        except BaseException as error:
            return load_error(error, {name: text for name, text in files.items() if isinstance(text, str)})
        return {"entrypoints": self._named(WorkflowEntrypoint), "workers": self._named(WorkerEntrypoint)}

    def _files(self, message: Message) -> dict[str, str | bytes]:
        parts, self._parts = self._parts, {}
        texts, data = dict(message["modules"]), dict(message.get("data", {}))
        for name, more in parts.items():
            kind = texts if name in texts else data
            kind[name] = "".join([kind[name], *more])
        return {**texts, **{name: base64.b64decode(text) for name, text in data.items()}}

    def _import(self, main: str, files: dict[str, str | bytes]) -> dict[str, type]:
        if main not in files:
            raise WorkflowError(f"The main module {main!r} is not among the files: {', '.join(files) or 'none'}.")
        folder = self._folder(files)
        if folder is not None:
            write_files(folder, files)
        modules = TenantModules(main, files, MODULES, folder)
        self._modules.unmount()
        self._modules = modules
        modules.mount()
        found: dict[str, type] = {}
        names = vars(modules.load_main())
        for name, value in names.items():
            if isinstance(value, type) and issubclass(value, _BASES) and value not in (*_BASES, *found.values()):
                found[name] = value
        self.handlers = {name: names[f"on_{name}"] for name in HANDLERS if callable(names.get(f"on_{name}"))}
        return found

    def entrypoint(self, name: str) -> type | None:
        """Return the class of that name."""
        return self._classes.get(name)

    def _named(self, base: type) -> list[str]:
        return [name for name, kind in self._classes.items() if issubclass(kind, base)]

    # -- runs

    def _start(self, message: Message) -> None:
        id = message["run"]
        run = self._runs.get(id)
        if run is None:
            run = self._runs[id] = Run(self, id)
        kind = self._classes.get(message["entrypoint"])
        if kind is None or not issubclass(kind, WorkflowEntrypoint):
            raise WorkflowError(f"There is no workflow class {message['entrypoint']!r} in this worker.")
        rollback = message.get("mode") == "rollback"
        run.props = message.get("props", "null")
        run.start(kind, message["event"], effects=message["effects"], limits=message["limits"], rollback=rollback)

    def step(self, run: Run) -> StepApi:
        """Return the ``step`` object of a run."""
        return StepApi(run)

    def context(self, props: str = "null") -> ExecutionContext:
        """Return the ``ctx`` of a workflow; ``props`` are wire text."""
        return ExecutionContext(self, decode(props, attributes=True))

    def ended(self, run: Run) -> None:
        """Drop a run that has returned or raised, once this turn is over."""
        self._ended.append(run)

    def _park(self, message: Message) -> None:
        self._parking.append(message["run"])

    def _park_idle(self) -> None:
        """Let go of the runs the engine asked for that can only wait; one with work of its own goes on unasked."""
        parking, self._parking = self._parking, []
        for id in parking:
            run = self._runs.get(id)
            if run is not None and (run in self._ended or run.rollbacks.kept):
                continue  # it ended by itself, and the engine hears of that; it may ask for what undoes it
            if run is None or (run.can_park and all(scope.run is not run for scope, _ in self._calls.values())):
                self._abandon(id)
                self.outbox.say({"k": "parked", "run": id})

    def _abandon(self, id: int) -> None:
        run = self._runs.pop(id, None)
        if run is None:
            return
        self.releasing.pop(id, None)
        run.abandon()
        if run in self.rebuilding:
            self.rebuilding.remove(run)
        for number, (scope, _) in list(self._calls.items()):
            if scope.run is run:
                del self._calls[number]

    # -- calls of env, and calls of this worker's services

    def call(self, binding: str, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> asyncio.Future[Any]:
        """Post a call of a binding at once and return the future of its result."""
        scope = SCOPE.get()
        if scope is None or (scope.run is None and scope.asked is None):
            what = "fetch()" if binding == OUTBOUND else f"env.{binding}.{method}()"
            raise RuntimeError(f"{what} can be called while a run or a request is going on, not here.")
        if scope.run is not None and scope.run.dead:
            raise Suspended
        future: asyncio.Future[Any] = asyncio.Future()
        if scope.silent:
            return future
        if scope.run is not None and scope.run.rollbacks.rebuilding:
            raise WorkflowFatalError(f"env.{binding}.{method}() is refused while a rollback looks for its handlers.")
        method.encode()  # half a surrogate pair raises here, where the call is
        texts = [encode(plain(list(args)), call=True), encode(plain(kwargs), call=True)]
        for text in texts:
            if too_large(text):
                raise PayloadTooLarge(f"An argument of {binding}.{method}()", size(text))
        self._call_count += 1
        message = {"k": "call", "n": self._call_count, "binding": binding, "method": method}
        self.outbox.say({**message, "args": texts[0], "kwargs": texts[1], **scope.fields()})
        self._calls[self._call_count] = scope, future
        return future

    def _result(self, message: Message) -> None:
        scope, future = self._calls.pop(message["re"], (None, None))
        if scope is None or future is None or scope.silent or future.done():
            return
        if "error" in message:
            future.set_exception(self.exception(message["error"]))
            future.exception()  # an answer nobody awaits is no error
        else:
            future.set_result(decode(message["value"], attributes=True))

    # -- errors

    def exception(self, record: Mapping[str, Any]) -> Exception:
        """Return the exception of a record, of the tenant's own class where it has one."""
        error = exception_from(record, self._modules.find)
        if "traceback" in record:
            error.__dict__["step_traceback"] = record["traceback"]
        return error

    def traceback(self, error: BaseException) -> str:
        """Return an error's traceback from the tenant's frame on; that of the step it came from comes first."""
        text = tenant_traceback(error, self._modules.files)
        earlier = getattr(error, "step_traceback", None)
        return f"{earlier}\nIt left the step and was raised again:\n\n{text}" if isinstance(earlier, str) else text

    def _unawaited(self, context: dict[str, Any]) -> None:
        error, scope = context.get("exception"), SCOPE.get()
        if scope is None or not isinstance(context.get("future"), asyncio.Task):
            return
        if not isinstance(error, BaseException) or isinstance(error, Suspended):
            return
        self.output.line(scope, "error", f"A task failed and nobody awaited it.\n{self.traceback(error)}")

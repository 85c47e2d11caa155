"""A worker: one sandbox with the code of one loader id, what is said to it and what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history.core import resolve
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.protocols import Sandbox, Sandboxes
from dynamic_workflows.host.running.activation import Activation
from dynamic_workflows.host.running.ends import ended, exceeded
from dynamic_workflows.host.running.invocations import Invocation
from dynamic_workflows.host.running.logs import keep_written
from dynamic_workflows.host.running.offences import own_doing
from dynamic_workflows.host.running.tails import outcome_of
from dynamic_workflows.shared import limits
from dynamic_workflows.shared.errors import (
    CodeError,
    NoEntrypoint,
    ProtocolError,
    SandboxUnavailable,
    WorkflowError,
    WorkflowTimeoutError,
    record_of,
)
from dynamic_workflows.shared.protocol import check_guest_message, decode_frame, encode_frame, frames_of

if TYPE_CHECKING:
    from dynamic_workflows.host.running.code import WorkerCode
    from dynamic_workflows.host.running.workers import Workers

MORE_MS = 20  # how long a frame that announces another of the same turn is held


class Worker:
    """One sandbox with the code of one loader id: a ``Listener`` for the sandbox, a ``Destination`` for turns."""

    def __init__(self, pool: Workers, loader_id: str, code: WorkerCode) -> None:
        self.pool, self.core, self.loader_id, self.code = pool, pool.core, loader_id, code
        self.serial = pool.number()
        self.effects = pool.sandboxes.effects
        self.sandbox: Sandbox | None = None
        self.entrypoints: list[str] = []
        self.limits = code.invocation_limits()
        self.activations: dict[int, Activation] = {}
        self.invocations: dict[int, Invocation] = {}
        self.loaded: asyncio.Task[None] | None = None
        self.gone: str | None = None
        self.used = 0  # for least recently used
        self.opened = self.core.clock.elapsed()
        self.settled = 0  # when an attempt ended here last
        self.spared: int | None = None  # since when it is let be though others wait for its room
        self.lane: object = None  # whose runs it is for
        self.heard = self.core.clock.elapsed()
        self.spoken_to: Activation | None = None  # None: a call that belongs to no run
        self._pinged = False
        self._n = 0
        self.silence = pool.cpu_turn  # how many milliseconds were allowed when it was found silent
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._held: list[dict[str, Any]] = []
        self._unhold: Callable[[], None] = _nothing
        self._tasks: set[asyncio.Task[None]] = set()

    # -- out --------------------------------------------------------------------------------------------------

    def post(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Post the messages of one turn as one frame."""
        if self.sandbox is not None and self.gone is None:
            self._speaks_to(messages[-1])
            for text in frames_of(messages):
                self.sandbox.post(text)
            self.pool.watch()

    def _speaks_to(self, message: Mapping[str, Any]) -> None:
        run = message.get("run")
        if run in self.activations:
            self.spoken_to = self.activations[run]
        elif message["k"] in ("invoke", "load"):
            self.spoken_to = None

    def expect(self) -> tuple[int, asyncio.Future[dict[str, Any]]]:
        """Return the number of the next question, and the future of its answer.

        Raises:
            WorkflowError: the sandbox has ended.
        """
        if self.gone is not None:
            raise WorkflowError(f"The sandbox of {self.name} ended: {self.gone}.")
        self._n += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[self._n] = answer
        return self._n, answer

    def send(self, *messages: Mapping[str, Any]) -> None:
        """Send messages with the next turn."""

        def speak(tx: Transaction) -> None:
            for message in messages:
                tx.send(self, message)

        self.core.post(speak)

    @property
    def name(self) -> str:
        """What this worker is called where people read it."""
        return self.loader_id.replace("\0", " ")

    @property
    def busy(self) -> bool:
        """Whether ending this worker would cut something off."""
        return bool(self.activations or self.invocations or self._asked)

    @property
    def cpu_turn(self) -> int:
        """How many milliseconds this worker may be silent while it has work."""
        allowed = [one.limits for one in self.invocations.values()] + [one.limits for one in self.activations.values()]
        return min([self.pool.cpu_turn, *(one.cpu_ms for one in allowed if one.cpu_ms is not None)])

    async def load(self, sandboxes: Sandboxes) -> None:
        """Open the sandbox and load the code.

        Raises:
            CodeError: the code does not load; names file, line and column.
            SandboxUnavailable: no sandbox can be started here, or this one was lost meanwhile.
        """
        self.sandbox = await sandboxes.open(self.loader_id, self)
        self.heard = self.core.clock.elapsed()
        try:
            number, answered = self.expect()
            *parts, load = self.code.load_messages(self.loader_id)
            self.send(*parts, {**load, "n": number})
            answer = await answered
        except WorkflowError as ended:
            raise self._lost(ended) from ended
        self.pool.losses.pop(self.loader_id, None)
        error = answer.get("error")
        if error is not None:
            raise CodeError(
                error["message"] if error["name"] == "SyntaxError" else f"{error['name']}: {error['message']}",
                file=answer.get("file"), line=answer.get("line"), column=answer.get("column"),
                traceback=error.get("traceback"),
            )  # fmt: skip
        self.entrypoints = answer["entrypoints"]

    def _lost(self, error: WorkflowError) -> WorkflowError:
        """Return what the end of a sandbox that was loading means: nobody's fault, unless it looks like its code's."""
        if isinstance(error, WorkflowTimeoutError) or str(self.gone).startswith(("limit", "abuse")):
            return error
        losses = self.pool.losses[self.loader_id] = self.pool.losses.get(self.loader_id, 0) + 1
        return error if losses >= limits.INTERRUPTIONS_MAX else SandboxUnavailable(error.message)

    def entrypoint(self, name: str | None) -> str:
        """Return the name of the workflow class to run: ``name``, or the file's only one.

        Raises:
            NoEntrypoint: there is no such class, or more than one and none was named.
        """
        file = self.code.main_module
        if name is None and len(self.entrypoints) == 1:
            return self.entrypoints[0]
        if name in self.entrypoints:
            return str(name)
        if not self.entrypoints:
            raise NoEntrypoint(f"{file} has no class based on WorkflowEntrypoint.", file=file)
        if name is None:
            raise NoEntrypoint(f"{file} has {len(self.entrypoints)} workflow classes: name one of them.", file=file)
        raise NoEntrypoint(f"{file} has no workflow class {name!r:.80}.", file=file)

    @property
    def asked(self) -> bool:
        """Whether an answer of it is awaited."""
        return bool(self._asked)

    def binding(self, name: str) -> Any:
        """Return the host-side object behind ``env.<name>``, or None."""
        return self.code.bindings().get(name)

    @property
    def calls(self) -> list[asyncio.Task[None]]:
        """The calls of host-side bindings that are in progress."""
        return list(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run work of this worker in the background."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- in ---------------------------------------------------------------------------------------------------

    def frame(self, text: str) -> None:
        """Take one frame: validated, then an input of the next turn."""
        if self.gone is not None:
            return
        self.heard, self._pinged = self.core.clock.elapsed(), False
        try:
            frame = decode_frame(text)
        except ProtocolError:
            self.core.refused += 1
            return
        held = bool(self._held)
        self._held += frame.messages
        if not frame.more:
            self._push()
        elif not held:
            self._unhold = self.core.clock.call_later(MORE_MS, self._push)

    def _push(self) -> None:
        self._unhold()  # it must not cut short the time of a later frame
        if self._held:
            messages, self._held = self._held, []
            self.core.post(lambda tx: self._take(tx, messages))

    def _take(self, tx: Transaction, messages: list[dict[str, Any]]) -> None:
        for alive in self.activations.values():
            alive.delays.heard()
        for message in messages:
            try:
                check_guest_message(message)
                run = message.get("run")
                if run is not None:
                    activation = self.activations.get(run)
                    if activation is None:
                        raise ProtocolError(f"run {run} is not of this port")
                    activation.take(tx, message)
                    self.spoken_to = activation
                elif message["k"] != "pong":
                    self._aside(tx, message)
            except ProtocolError:
                self.core.refused += 1

    def _aside(self, tx: Transaction, message: dict[str, Any]) -> None:
        """Take what belongs to no run: answers, and what an invocation says; lines of loading go nowhere."""
        number, kind = message.get("re"), message["k"]
        invocation = self.invocations.get(number) if number is not None else None
        if kind in ("loaded", "returned"):
            asked = self._asked.pop(number, None) if number is not None else None
            if asked is None:
                raise ProtocolError(f"an answer to {number}, which was not asked")
            tx.after(lambda: resolve(asked, message))
        if invocation is not None:
            invocation.take(tx, message)
        elif kind == "call":
            error = WorkflowError("The request that this call belongs to is over.")
            tx.send(self, {"k": "result", "re": message["n"], "error": record_of(error)})

    def closed(self, reason: str) -> None:
        """Learn that the sandbox is gone: its runs go on elsewhere. An attempt that used up a limit has failed."""
        if own_doing(reason):
            self._push()  # the attempt that did it may have begun in a frame that was held
        offences = self._end(reason)
        self.core.post(lambda tx: ended(tx, self, reason, offences))

    def wrote(self, text: str) -> None:
        """Keep what the sandbox's process wrote outside its frames."""
        self.core.post(lambda tx: keep_written(tx, self.activations.values(), text))

    # -- the end ----------------------------------------------------------------------------------------------

    def _end(self, reason: str) -> int:
        """End this worker; return how many sandboxes in a row have ended by its code's doing."""
        if self.gone is not None:
            return 0
        self.gone = reason
        offences = self.pool.offences.note(self.loader_id, reason if self.loaded and self.loaded.done() else "loading")
        self.pool.forget(self)
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(WorkflowError(f"The sandbox of {self.name} ended: {reason}."))
        self._asked.clear()
        self.core.post(lambda tx: self._cut_off(tx, outcome_of(reason)))
        return offences

    def _cut_off(self, tx: Transaction, outcome: str) -> None:
        for invocation in list(self.invocations.values()):
            invocation.finish(tx, outcome)

    def destroy(self, reason: str) -> None:
        """End the sandbox now."""
        if self.gone is None:
            if self.sandbox is not None:
                self.sandbox.destroy()
            self.closed(reason)

    def hang(self) -> None:
        """End a sandbox that does not answer, and blame the attempt or delay function last spoken to."""
        if self.sandbox is not None:
            self.sandbox.destroy()
        self.silence = self.cpu_turn
        for number, asked in self._asked.items():
            if not asked.done():
                asked.set_exception(exceeded(self, self.invocations.get(number)))
        self._asked.clear()
        self._push()
        offences = self._end("hung")
        self.core.post(lambda tx: ended(tx, self, "hung", offences))

    def check(self, elapsed: int) -> None:
        """Ping a worker with work; a worker that was silent for the whole CPU turn is hung."""
        if self.gone is not None or self.sandbox is None or not self.busy:
            return
        if self._pinged and elapsed - self.heard >= self.cpu_turn:
            self.hang()
        elif not self._pinged:
            self._pinged = True
            self.heard = elapsed
            self.sandbox.post(encode_frame([{"k": "ping", "n": 0}]))


def _nothing() -> None:
    return None

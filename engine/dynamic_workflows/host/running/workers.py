"""Workers: sandboxes that run the code of one loader id, their watchdog, and who gets the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history.core import Core, resolve
from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.protocols import Sandbox, Sandboxes
from dynamic_workflows.host.rules import rollbacks, steps
from dynamic_workflows.host.running.activation import Activation
from dynamic_workflows.host.running.invocations import Invocation
from dynamic_workflows.host.running.offences import Offences, own_doing
from dynamic_workflows.host.running.process_log import keep_end, keep_written
from dynamic_workflows.host.running.rooms import Rooms, current_claim
from dynamic_workflows.host.running.tails import outcome_of
from dynamic_workflows.shared import limits
from dynamic_workflows.shared.errors import (
    CodeError,
    CpuTimeExceeded,
    NoEntrypoint,
    ProtocolError,
    ResourceLimitError,
    SandboxUnavailable,
    WorkflowError,
    WorkflowInternalError,
    WorkflowTimeoutError,
    record_of,
)
from dynamic_workflows.shared.protocol import check_guest_message, decode_frame, encode_frame, frames_of
from dynamic_workflows.shared.texts import cleaned

if TYPE_CHECKING:
    from dynamic_workflows.host.running.code import WorkerCode

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
        self._silence = pool.cpu_turn
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
        self.core.post(lambda tx: self._ended(tx, reason, offences))

    def wrote(self, text: str) -> None:
        """Keep what the sandbox's process wrote outside its frames."""
        self.core.post(lambda tx: keep_written(tx, self.activations.values(), text))

    def log(self, tx: Transaction, instance: Instance, message: dict[str, Any]) -> None:
        """Keep a line that tenant code wrote, up to the limits."""
        held = tx.query("select count(*) from log where uid = ?", (instance.uid,))[0][0]
        if held < limits.LOG_ROWS:
            tx.execute(
                "insert into log (uid, key, attempt, at, level, text) values (?, ?, ?, ?, ?, ?)",
                (instance.uid, message.get("key"), message.get("attempt"), tx.now, message["level"][:20],
                 cleaned(message["text"])[: limits.LOG_TEXT]),
            )  # fmt: skip

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

    def _ended(self, tx: Transaction, reason: str, offences: int) -> None:
        kind, _, limit = reason.partition(": ")
        if kind in ("abuse", "crashed", "limit"):
            keep_end(tx, self.activations.values(), reason)
        if kind == "limit":
            text = f"Execution was ended by a limit of its sandbox: %s used up {limit}"
            self._fail_last(tx, lambda what: ResourceLimitError(text % what))
        elif kind == "hung":
            self._fail_any(tx, lambda what: WorkflowTimeoutError(self._hang_text(what)))
        elif kind == "abuse":
            self._fail_any(tx, lambda what: ResourceLimitError(f"Execution was ended for abuse by {what}: {limit}"))
        elif offences >= limits.INTERRUPTIONS_MAX:
            self._fail_run(tx, lambda what: WorkflowInternalError(f"{what} was cut off {offences} times in a row"))
        self._interrupt(tx)

    def _interrupt(self, tx: Transaction) -> None:
        for activation in list(self.activations.values()):
            activation.delays.give_up(tx)
            steps.interrupt(tx, activation.instance)
            rollbacks.advance(tx, activation.instance)
            activation.end(tx, "closed")

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
        self._silence = self.cpu_turn
        for number, asked in self._asked.items():
            if not asked.done():
                asked.set_exception(self._exceeded(self.invocations.get(number)))
        self._asked.clear()
        self._push()
        offences = self._end("hung")
        self.core.post(lambda tx: self._ended(tx, "hung", offences))

    def _exceeded(self, invocation: Invocation | None) -> WorkflowError:
        if invocation is None:
            return WorkflowTimeoutError(self._hang_text("its module code"))
        if invocation.limits.cpu_ms is None or invocation.limits.cpu_ms > self._silence:
            return WorkflowTimeoutError(self._hang_text("a call of it"))
        return CpuTimeExceeded(invocation.limits.cpu_ms)

    def _hang_text(self, what: str) -> str:
        return f"Execution timed out after {self._silence}ms: {what} kept its sandbox busy without a pause"

    def _fail_run(self, tx: Transaction, error: Callable[[str], WorkflowError]) -> None:
        run = self.spoken_to
        if run is not None and not run.over and not run.instance.running:
            rollbacks.fail(tx, run.instance, record_of(error("run() outside its steps")))

    def _fail_any(self, tx: Transaction, error: Callable[[str], WorkflowError]) -> None:
        if not self._fail_last(tx, error):
            self._fail_run(tx, error)

    def _fail_last(self, tx: Transaction, error: Callable[[str], WorkflowError]) -> bool:
        """Let the last attempt of the run last spoken to fail; return False when it has none in flight."""
        if self.spoken_to is None or self.spoken_to.over:
            return False
        instance, delays = self.spoken_to.instance, self.spoken_to.delays
        if delays.blame(tx, error("it")):
            return True
        last = max(instance.running, key=lambda key: instance.steps[key].attempt_seq, default=None)
        if last is None:
            return False
        name = last.partition(":")[2].rpartition("-")[0]
        steps.fail(tx, instance, last, record_of(error(f'step "{name}"')))
        return True

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


class Workers:
    """The workers that live now, by loader id; ``rooms`` says how many, and which of them makes room."""

    def __init__(self, core: Core, sandboxes: Sandboxes, *, cpu_turn: int = limits.CPU_TURN_MS) -> None:
        self.core, self.sandboxes, self.cpu_turn = core, sandboxes, cpu_turn
        self.offences = Offences(core.clock)
        self.losses: dict[str, int] = {}  # sandboxes in a row that ended while they loaded the code of a loader id
        self._workers: dict[str, Worker] = {}
        self.rooms = Rooms(self)
        self._uses = self._numbers = 0
        self._watching: Callable[[], None] | None = None  # cancels the next round
        self._due = self._ticked = self._span = 0

    def __iter__(self) -> Iterator[Worker]:
        return iter(list(self._workers.values()))

    def __len__(self) -> int:
        return len(self._workers)

    async def get(self, loader_id: str, code: WorkerCode, *, patience: int | None = None) -> Worker:
        """Return the worker of ``loader_id``, started and loaded; waits for room when all are taken.

        Args:
            patience: how many milliseconds it waits for room; a call from one worker into another must not for ever.

        Raises:
            CodeError: the code does not load.
            SandboxUnavailable: no sandbox can be started here, none became free, or its code ended too many of them.
        """
        while True:
            worker = self._workers.get(loader_id)
            if worker is None:
                worker = await self._open(loader_id, code, patience)
                if worker is None:
                    continue
            self._uses += 1
            worker.used = self._uses
            claim = current_claim.get()
            worker.lane = worker.lane if claim is None else claim.lane
            assert worker.loaded is not None
            try:
                await asyncio.shield(worker.loaded)
            except CodeError:
                worker.destroy("its code does not load")
                raise
            except WorkflowError:
                self.forget(worker)
                raise
            if worker.gone is None:
                return worker

    def number(self) -> int:
        """Return a number for what has no name."""
        self._numbers += 1
        return self._numbers

    def find(self, loader_id: str) -> Worker | None:
        """Return the live worker of ``loader_id``, or None."""
        return self._workers.get(loader_id)

    async def _open(self, loader_id: str, code: WorkerCode, patience: int | None) -> Worker | None:
        self.offences.check(loader_id)
        granted = await self.rooms.enter(loader_id, patience)
        worker = self._workers.get(loader_id)
        if granted:
            if worker is None:
                worker = self._workers[loader_id] = Worker(self, loader_id, code)
                worker.loaded = asyncio.get_running_loop().create_task(worker.load(self.sandboxes))
            self.rooms.leave()
        return worker

    def forget(self, worker: Worker) -> None:
        """Take a worker that ended off the list and let the next in line look again."""
        if self._workers.get(worker.loader_id) is worker:
            del self._workers[worker.loader_id]
        self.rooms.look()

    def watch(self) -> None:
        """Let the watchdog look soon enough for every limit; it runs while any worker has work."""
        elapsed, span = self.core.clock.elapsed(), self._period
        if self._watching is not None:
            if elapsed + span >= self._due:
                return
            self._watching()
        self._ticked, self._due, self._span = elapsed, elapsed + span, span
        self._watching = self.core.clock.call_later(span, self._tick)

    @property
    def _period(self) -> int:
        return max(50, min([self.cpu_turn, *(worker.cpu_turn for worker in self._workers.values())]) // 5)

    def _tick(self) -> None:
        elapsed = self.core.clock.elapsed()
        late = elapsed - self._ticked > 2 * self._span  # this thread was held up or suspended: the round says nothing
        self._watching = None
        for worker in self:
            if late:
                worker.heard = elapsed
            else:
                worker.check(elapsed)
        if any(worker.busy for worker in self):
            self.watch()

    async def close(self) -> None:
        """End every worker."""
        self.rooms.close()
        for worker in self:
            worker.gone = "closed"
            if worker.loaded and not worker.loaded.done():
                worker.loaded.cancel()
            for task in worker._tasks:
                task.cancel()
        self._workers.clear()
        await self.sandboxes.close()

"""The requests of kernel clients: JSON in, JSON out, each carried out once whatever is resent."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dynamic_workflows.host.binding import history
from dynamic_workflows.host.desk import listing
from dynamic_workflows.host.desk.changes import Changes, wait_of
from dynamic_workflows.host.desk.linter import Linter
from dynamic_workflows.host.desk.overview import activity, overview
from dynamic_workflows.host.desk.pushes import Pushes
from dynamic_workflows.host.desk.schedule_verbs import SCHEDULE_VERBS
from dynamic_workflows.host.desk.summaries import Summaries
from dynamic_workflows.host.desk.usage import delete_ended, room, usage
from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.subscription import Subscription, poll
from dynamic_workflows.host.history.transaction import Transaction, dumps
from dynamic_workflows.host.rules.batches import change
from dynamic_workflows.host.rules.creation import batch_of, creation, retention, sized
from dynamic_workflows.host.rules.jumps import jump
from dynamic_workflows.host.rules.operations import start_of
from dynamic_workflows.host.tenants.platform import Platform, check_tenant
from dynamic_workflows.host.tenants.trees import Tree
from dynamic_workflows.host.world import ledger
from dynamic_workflows.shared import limits, values
from dynamic_workflows.shared.errors import CodeError, ProtocolError, StorageFullError, WorkflowError
from dynamic_workflows.shared.names import workflow_name
from dynamic_workflows.shared.nesting import nested_deeper
from dynamic_workflows.shared.texts import storable

Args = Mapping[str, Any]
Json = Any
VERSION = 1


class Desk:
    """Answers the requests of clients and tells watchers what changed; both only once it is durable."""

    def __init__(self, platform: Platform, *, budget: int | None = None) -> None:
        """Stand before a platform whose store is to hold no more than ``budget`` bytes, or whatever the disk holds."""
        self.platform, self.engine = platform, platform.engine
        self._budget = budget
        self._core = platform.engine.core
        self._summaries = Summaries(self._core)
        self._linter = Linter(self.engine.workers)
        self._changes = Changes(self.engine)
        self._in_flight: dict[str, Any] = {}
        self._writes = 0

    # -- requests ---------------------------------------------------------------------------------------------

    async def request(self, text: str) -> str:
        """Answer one request. It never raises: what goes wrong is in the answer."""
        id: Any = None
        try:
            id, verb, args = _request(text)
            ok = await self.answer(id, verb, args)
            return dumps({"id": id, "epoch": self._core.store.epoch, "ok": ok})
        except WorkflowError as error:
            return dumps({"id": id, "epoch": self._core.store.epoch, "error": _error(error)})
        except Exception as error:
            return dumps({"id": id, "error": {"name": type(error).__name__, "message": f"The engine failed: {error}"}})

    async def answer(self, id: str, verb: str, args: Args) -> Json:
        """Carry out one request whose form has been checked."""
        return await VERBS[verb](self, id, args)

    async def loaded(self, args: Args) -> tuple[str, Tree, str]:
        """Return the tenant, the files and the class of a request that brings code, once it has loaded in a sandbox."""
        tenant = args.get("tenant")
        check_tenant(tenant)
        assert isinstance(tenant, str)
        tree = Tree.of(args.get("files"), args.get("main"))
        return tenant, tree, await self.platform.check(tenant, tree, args.get("entrypoint"))

    async def once(self, id: str, work: Callable[[Transaction], Json]) -> Json:
        """Carry out a change under the request's id: asked again, the first answer is given again."""

        def run(tx: Transaction) -> Json:
            known = tx.query("select reply from request where id = ?", (id,))
            if known:
                return json.loads(known[0][0])
            reply = work(tx)
            tx.execute("insert into request values (?, ?, ?)", (id, tx.now, dumps(reply)))
            self._trim(tx)
            return reply

        return await self._core.submit(run)

    def _trim(self, tx: Transaction) -> None:
        self._writes += 1
        if self._writes % 100 == 0:
            tx.execute("delete from request where at < ?", (tx.now - limits.REQUESTS_KEPT_MS,))
            tx.execute(
                "delete from request where id in (select id from request order by at desc limit -1 offset ?)",
                (limits.REQUESTS_KEPT,),
            )

    async def run(self, id: str, args: Args) -> Json:
        """Check the code in a sandbox, store it, and create an instance pinned to it."""
        known = await self._core.submit(lambda tx: tx.query("select reply from request where id = ?", (id,)))
        if known:
            return json.loads(known[0][0])
        payload = args.get("payload")
        params = sized("The payload", {} if payload is None else payload)
        kept = retention(args.get("retention"))
        tenant, tree, entrypoint = await self.loaded(args)

        def create(tx: Transaction) -> Json:
            self._make_sure_of_room(tx)
            instance = self.platform.create(tx, tenant, tree, entrypoint, params, args.get("id"), kept)
            return self.summary(tx, instance)

        return await self.once(id, create)

    async def create_batch(self, id: str, args: Args) -> Json:
        """Check the code once and create up to 100 instances pinned to it in one turn.

        ``batch`` is what ``Workflow.create_batch`` takes; the answer holds the ids and what was left out, and why.
        """
        new_id = self._core.entropy.instance_id
        creations = [creation(options, new_id) for options in batch_of(args.get("batch"))]
        tenant, tree, entrypoint = await self.loaded(args)

        def create(tx: Transaction) -> Json:
            self._make_sure_of_room(tx)
            errors = self.platform.create_batch(tx, tenant, tree, entrypoint, creations)
            left_out = {error["index"] for error in errors}
            ids = [one.id for index, one in enumerate(creations) if index not in left_out]
            return {"workflow": workflow_name(entrypoint), "ids": ids, "errors": errors}

        return await self.once(id, create)

    def _make_sure_of_room(self, tx: Transaction) -> None:
        if self._budget is None:
            return
        of = room(tx)
        used = of["bytes"] - of["free"]
        if used > self._budget:
            raise StorageFullError(
                f"The runs take {used / 1e6:,.1f} MB of the {self._budget / 1e6:,.1f} MB that this page holds in"
                " memory: no run is created. Delete runs that have ended, then run again."
            )

    async def check(self, id: str, args: Args) -> Json:
        """Load code in a sandbox without creating anything."""
        _, tree, entrypoint = await self.loaded(args)
        return {"entrypoint": entrypoint, "version": tree.hash}

    async def lint(self, id: str, args: Args) -> Json:
        """Read code in a sandbox and tell its problems; none of it is run or stored."""
        return {"problems": await self._linter.problems(args.get("files"))}

    async def runs(self, id: str, args: Args) -> Json:
        """List runs, newest first: all, those of a ``tenant``, of an ``id``, or of given ``uids``, in their order.

        With ``brief`` they come without what may be long: their params and outputs.
        """
        wanted = {name: args[name] for name in ("tenant", "id") if args.get(name) is not None}
        most, uids = listing.limit(args.get("limit", 100)), args.get("uids")
        if uids is not None:
            uids = listing.numbers(uids)

        def read(tx: Transaction) -> Json:
            if uids is not None:
                return [_shown(summary, args) for _, summary in self._summaries.listed(tx, uids)]
            where = " and ".join(f"{name} = ?" for name in wanted) or "true"
            rows = tx.query(
                f"select uid from instance where {where} order by uid desc limit ?", (*wanted.values(), most)
            )
            return [_shown(summary, args) for _, summary in self._summaries.listed(tx, [uid for (uid,) in rows])]

        return await self._core.submit(read)

    async def find_runs(self, id: str, args: Args) -> Json:
        """Return the ``uids`` of the runs that fit, newest first, ``counts`` by state, and the ``tenants`` there are.

        ``tenant``, ``states`` and ``search`` (in id, name and workflow) narrow it; ``runs`` reads what is shown of it.
        With a ``limit`` there are no more uids than that; the counts are of all.
        """
        wanted, most = (args.get("tenant"), args.get("states"), args.get("search")), args.get("limit")
        found = await self._core.submit(lambda tx: listing.find(tx, *wanted))
        return found if most is None else {**found, "uids": found["uids"][: listing.limit(most)]}

    async def history(self, id: str, args: Args) -> Json:
        """Return a run with its history and its ledger rows."""

        def read(tx: Transaction) -> Json:
            instance = self._find(tx, args)
            rows = history(tx, instance, int(args.get("after", 0)))
            calls = ledger(tx, "where l.uid = ?", (instance.uid,))
            return {"run": self.summary(tx, instance), "rows": rows, "ledger": calls}

        return await self._core.submit(read)

    async def status(self, id: str, args: Args) -> Json:
        """Return a run's summary."""
        return await self._core.submit(lambda tx: self.summary(tx, self._find(tx, args)))

    async def send_event(self, id: str, args: Args) -> Json:
        """Send an event to a run."""
        payload = sized("The event's payload", args.get("payload"))

        def send(tx: Transaction) -> Json:
            self.engine.operations.send_event(tx, self._find(tx, args), args.get("type"), payload)  # type: ignore[arg-type]
            return {}

        return await self.once(id, send)

    async def skip(self, id: str, args: Args) -> Json:
        """Move a run's clock to its next due time, or to that of one step by its ``key``: nowhere, once it is over."""
        key = _step_key(args)
        return await self.once(id, lambda tx: {"by": self.engine.operations.skip(tx, self._find(tx, args), key)})

    async def jump(self, id: str, args: Args) -> Json:
        """Move a run's clock on to ``to``, epoch milliseconds of its own time, stopping wherever something is due.

        What is due on the way happens in order, and what the code does then takes the time it takes. Answers
        ``{"reached": bool}`` when the run is there, has ended, or is held by a pause. Asked again, it goes on.
        """
        return await jump(self.engine, lambda tx: self._find(tx, args), args.get("to"))

    async def retry_now(self, id: str, args: Args) -> Json:
        """End the retry delay of one step, by its ``key``, or of all that wait for their next attempt."""
        key = _step_key(args)
        return await self.once(id, lambda tx: {"keys": self.engine.operations.retry_now(tx, self._find(tx, args), key)})

    async def rename(self, id: str, args: Args) -> Json:
        """Give a run a name of its own; without one it gets back the one it had."""

        def work(tx: Transaction, instance: Instance) -> None:
            listing.rename(tx, instance, args.get("name"))
            tx.touch(instance)

        return await self._change(id, args, work)

    async def change(self, id: str, args: Args) -> Json:
        """Do one ``act`` to up to 500 runs by their ``uids`` in one turn: pause, resume, terminate or delete.

        Answers ``{"changed": [uid], "left_out": [{"uid", "message"}]}``.
        """
        act, uids = args.get("act"), args.get("uids")
        return await self.once(id, lambda tx: change(tx, self.engine, act, uids, args.get("rollback") is True))

    async def terminate(self, id: str, args: Args) -> Json:
        """End a run, on request after a rollback."""
        rollback = args.get("rollback") is True
        return await self._change(id, args, lambda tx, run: self.engine.operations.terminate(tx, run, rollback))

    async def pause(self, id: str, args: Args) -> Json:
        """Pause a run."""
        return await self._change(id, args, self.engine.operations.pause)

    async def resume(self, id: str, args: Args) -> Json:
        """Resume a run."""
        return await self._change(id, args, self.engine.operations.resume)

    async def restart(self, id: str, args: Args) -> Json:
        """Restart a run, from its top or from one step on; with ``files`` and ``main`` it goes on with that code."""
        start = start_of({"from": args.get("from")})
        if "files" not in args:
            return await self._change(id, args, lambda tx, run: self.engine.operations.restart(tx, run, start))
        tenant, tree, entrypoint = await self.loaded(args)

        def restart(tx: Transaction, run: Instance) -> None:
            code = self.platform.repinned(tx, run, tree, entrypoint)
            self.engine.operations.restart(tx, run, start, code)

        return await self._change(id, {**args, "tenant": tenant}, restart)

    async def delete(self, id: str, args: Args) -> Json:
        """Delete a run."""
        return await self._change(id, args, self.engine.operations.delete)

    async def delete_ended(self, id: str, args: Args) -> Json:
        """Delete ended runs, those that are named or those of one tenant, and say how many of them are left."""
        return await self.once(id, lambda tx: delete_ended(self.engine, tx, args))

    async def usage(self, id: str, args: Args) -> Json:
        """Say what takes room: each tenant's runs, and the ended ones that take most."""
        return await self._core.submit(lambda tx: usage(tx, self._summaries))

    async def _change(self, id: str, args: Args, change: Callable[[Transaction, Instance], None]) -> Json:
        def run(tx: Transaction) -> Json:
            change(tx, self._find(tx, args))
            return {}

        return await self.once(id, run)

    async def ledger(self, id: str, args: Args) -> Json:
        """Return the ledger, of one tenant or of all."""
        tenant = args.get("tenant")
        where, of = ("where l.tenant = ?", (tenant,)) if tenant is not None else ("", ())
        return await self._core.submit(lambda tx: ledger(tx, where, of))

    async def events(self, id: str, args: Args) -> Json:
        """Return a run's events after ``cursor``: at once if there are any, else when one happens or ``wait`` is over.

        Asked again with the ``cursor`` of the answer, this is a subscription that leaves nothing behind.
        """
        wait = wait_of(args.get("wait", limits.POLL_MS))
        options = {name: args[name] for name in ("cursor", "filter") if name in args}
        run = str(args.get("workflow")), str(args.get("tenant")), str(args.get("id"))
        return json.loads(values.encode(await poll(Subscription(self.engine, *run, options), wait)))

    async def logs(self, id: str, args: Args) -> Json:
        """Return what a run printed and logged, oldest first.

        ``after`` leaves out what is known up to that ``pos``; ``key`` asks for one step alone.
        """
        after, key = args.get("after", 0), _step_key(args)
        if type(after) is not int:
            raise WorkflowError(f"after is the pos of a log row, not {after!r:.40}.")

        def read(tx: Transaction) -> Json:
            uid = self._find(tx, args).uid
            columns = ("pos", "key", "attempt", "at", "level", "text")
            where = "uid = ? and pos > ? and (? is null or key = ?) order by pos"
            rows = tx.query(f"select {', '.join(columns)} from log where {where}", (uid, after, key, key))
            return [dict(zip(columns, row, strict=True)) for row in rows]

        return await self._core.submit(read)

    async def files(self, id: str, args: Args) -> Json:
        """Return the files of one version."""
        tree = await self.platform.tree(str(args.get("tenant")), str(args.get("version")))
        return {"files": dict(tree.files), "main": tree.main}

    async def tenants(self, id: str, args: Args) -> Json:
        """List the tenants that have run anything."""
        rows = await self._core.submit(lambda tx: tx.query("select tenant from tenant order by created, tenant"))
        return [tenant for (tenant,) in rows]

    async def settings(self, id: str, args: Args) -> Json:
        """Read the settings, and set those that are given."""
        delay = args.get("world_delay")
        if delay is not None:
            if type(delay) is not int or not 0 <= delay <= 600_000:
                raise WorkflowError(f"world_delay is {delay!r:.80}: give 0 to 600,000 milliseconds.")
            self.platform.world_delay = delay
        return {"world_delay": self.platform.world_delay}

    async def storage(self, id: str, args: Args) -> Json:
        """Say how much is stored."""

        def read(tx: Transaction) -> Json:
            (pages,), (page,) = tx.query("pragma page_count")[0], tx.query("pragma page_size")[0]
            status: dict[str, int] = dict(tx.query("select status, count(*) from instance group by status"))
            facts = {"instances": sum(status.values()), "status": status}
            return {"epoch": self._core.store.epoch, "bytes": pages * page, **facts}

        return await self._core.submit(read)

    async def overview(self, id: str, args: Args) -> Json:
        """Count all runs by tenant and state, and what is due; see ``overview``."""
        return await self._core.submit(lambda tx: overview(tx, self._summaries, args))

    async def activity(self, id: str, args: Args) -> Json:
        """Return what happened in all runs lately; see ``activity``."""
        return await self._core.submit(lambda tx: activity(tx, args))

    async def changes(self, id: str, args: Args) -> Json:
        """Say where changes stand: at once if not at ``cursor``, else with the next one or when ``wait`` is over."""
        return await self._changes.after(args.get("cursor"), wait_of(args.get("wait", limits.POLL_MS)))

    async def refused(self, id: str, args: Args) -> Json:
        """Say how many messages of sandboxes broke the protocol, or came too late, since this engine started."""
        return {"messages": self._core.refused}

    async def sandbox(self, id: str, args: Args) -> Json:
        """Say which sandbox a run's code lives in."""
        return await self._core.submit(
            lambda tx: {"loader": "{tenant}/{version}".format(**self.summary(tx, self._find(tx, args)))}
        )

    # -- reading ----------------------------------------------------------------------------------------------

    def _find(self, tx: Transaction, args: Args) -> Instance:
        return self.engine.operations.find(tx, str(args.get("workflow")), str(args.get("tenant")), str(args.get("id")))

    def summary(self, tx: Transaction, instance: Instance) -> dict[str, Any]:
        """Return what a list of runs shows of one."""
        return self._summaries.of(tx, instance)

    # -- watching ---------------------------------------------------------------------------------------------

    def watch(self, listener: Callable[[str], None], *, every: int = 0) -> Callable[[], None]:
        """Tell ``listener`` of every change of every run, as JSON text, once it is durable.

        Args:
            every: milliseconds between two pushes at least; what changes meanwhile is gathered.
        """
        listener(dumps({"event": "started", "epoch": self._core.store.epoch, "due_while_closed": self.engine.overdue}))
        return self.engine.watch(Pushes(self._core, self._summaries, listener, every).look)


def _request(text: str) -> tuple[str, str, Args]:
    if nested_deeper(text, limits.VALUE_DEPTH + 10):
        raise ProtocolError(f"A request is nested more than {limits.VALUE_DEPTH} levels deep.")
    try:
        request = json.loads(text)
    except ValueError as error:
        raise ProtocolError("A request is a JSON object.") from error
    if not isinstance(request, dict) or request.get("v") != VERSION:
        raise ProtocolError(f"A request is an object with v = {VERSION}.")
    id, verb, args = request.get("id"), request.get("verb"), request.get("args") or {}
    if not isinstance(id, str) or not 0 < len(id) <= 200 or not storable(id):
        raise ProtocolError("A request has an id: text of 1 to 200 characters.")
    if verb not in VERBS:
        raise ProtocolError(f"There is no verb {verb!r:.80}.")
    if not isinstance(args, dict):
        raise ProtocolError("A request's args are an object.")
    return id, verb, args


def _step_key(args: Args) -> str | None:
    key = args.get("key")
    if not (key is None or isinstance(key, str)):
        raise WorkflowError(f"key is the key of a step, like do:charge card-1, not {key!r:.40}.")
    return key


def _shown(summary: dict[str, Any], args: Args) -> dict[str, Any]:
    long = ("params", "output") if args.get("brief") is True else ()
    return {name: value for name, value in summary.items() if name not in long}


def _error(error: WorkflowError) -> dict[str, Any]:
    answer: dict[str, Any] = {"name": type(error).__name__, "message": error.message, "page": error.page}
    if isinstance(error, CodeError):
        facts = {"file": error.file, "line": error.line, "column": error.column, "traceback": error.traceback}
        answer.update({name: fact for name, fact in facts.items() if fact is not None})
    return answer


VERBS: dict[str, Callable[[Desk, str, Args], Awaitable[Json]]] = {
    "run": Desk.run,
    "create_batch": Desk.create_batch,
    "check": Desk.check, "lint": Desk.lint, "runs": Desk.runs, "history": Desk.history, "status": Desk.status,
    "send_event": Desk.send_event, "skip": Desk.skip, "terminate": Desk.terminate, "ledger": Desk.ledger,
    "pause": Desk.pause,
    "resume": Desk.resume,
    "restart": Desk.restart,
    "delete": Desk.delete,
    "delete_ended": Desk.delete_ended,
    "events": Desk.events,
    "logs": Desk.logs, "files": Desk.files, "tenants": Desk.tenants, "settings": Desk.settings,
    "storage": Desk.storage, "usage": Desk.usage, "sandbox": Desk.sandbox,
    "refused": Desk.refused,
    "find_runs": Desk.find_runs, "change": Desk.change, "jump": Desk.jump, "retry_now": Desk.retry_now,
    "rename": Desk.rename, "overview": Desk.overview, "activity": Desk.activity, "changes": Desk.changes,
    **SCHEDULE_VERBS,
}  # fmt: skip

"""The Workflow binding and the handle of an instance (semantics A.8, C)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.sealed import shown
from dynamic_workflows.host.history.subscription import Subscription, poll
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.rules import rollbacks
from dynamic_workflows.host.rules.creation import Creation, batch_of, creation, sized
from dynamic_workflows.host.rules.operations import ADDRESSABLE, asks_rollback, start_of
from dynamic_workflows.shared import checks, limits, values
from dynamic_workflows.shared.errors import InstanceNotFound, InvalidBatch, UnknownWorkflow, WorkflowError

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import Engine


class Workflow:
    """A bound workflow: creates instances of it and finds them again. ``tenant`` is the scope of its ids."""

    kind = "workflow"

    def __init__(self, engine: Engine, name: str, tenant: str = "") -> None:
        self._engine, self.name, self.tenant = engine, name, tenant

    def scoped(self, tenant: str) -> Workflow:
        """Return this workflow for one tenant: its instances are invisible to every other."""
        return Workflow(self._engine, self.name, tenant)

    async def create(self, options: Mapping[str, Any] | None = None) -> WorkflowInstance:
        """Create an instance and return its handle once it is durable.

        Args:
            options: ``{"id"?: str, "params"?: value, "retention"?: {"successRetention"?, "errorRetention"?},
                "locationHint"?: str}``; an id is generated when none is given, and an instance without retention
                is kept. The location is checked and goes nowhere: there is one place here.

        Raises:
            InvalidOptions: an option is unknown or has a value it cannot take.
            InvalidInstanceId: the id breaks its rule.
            InstanceAlreadyExists: the id is taken.
            CreationRateExceeded: too many were created in this second.
            PayloadTooLarge, NotSerialisable: params cannot be stored.
            UnknownWorkflow: no workflow of this name is bound; the instance would wait for ever.
        """
        self._check_bound()
        checked = creation(options, self._engine.core.entropy.instance_id)

        def create(tx: Transaction) -> str:
            return self._engine.operations.create(
                tx, self.name, self.tenant, checked.id, checked.params, retention=checked.retention
            ).id

        return self._handle(await self._engine.core.submit(create))

    def _check_bound(self) -> None:
        if self.name not in self._engine.workflows:
            raise UnknownWorkflow(self.name)

    def _handle(self, id: str) -> WorkflowInstance:
        return WorkflowInstance(self._engine, self.name, self.tenant, id)

    async def create_batch(self, batch: Any) -> Any:
        """Create up to 100 instances in one turn.

        Args:
            batch: a list of options, whose answer leaves out ids that are taken; or ``{"instances": [...]}`` or
                ``{"count": n, "params"?: ...}``, whose answer is ``{"created": [...], "errors": [...]}``.

        Raises:
            InvalidBatch: the batch is empty, too long or neither.
            InvalidInstanceId, InvalidOptions: options of one break a rule; none is created.
            CreationRateExceeded: too many were created in this second; none is created.
        """
        self._check_bound()
        new_id = self._engine.core.entropy.instance_id
        creations = [creation(options, new_id) for options in batch_of(batch)]
        ids, errors = await self._engine.core.submit(lambda tx: self._create_all(tx, creations))
        created = [self._handle(id) for id in ids]
        return {"created": created, "errors": errors} if isinstance(batch, Mapping) else created

    def _create_all(self, tx: Transaction, creations: list[Creation]) -> tuple[list[str], list[dict[str, Any]]]:
        operations, name, tenant = self._engine.operations, self.name, self.tenant
        fresh, errors = operations.fresh(tx, name, tenant, creations)
        for one in fresh:
            operations.add(tx, name, tenant, one.id, one.params, retention=one.retention)
        return [one.id for one in fresh], errors

    createBatch = create_batch

    async def get(self, id: str) -> WorkflowInstance:
        """Return the handle of an existing instance.

        Raises:
            InstanceNotFound: this workflow has no such instance in this scope.
        """
        handle = self._handle(id)
        await handle._submit(lambda tx, instance: None)
        return handle

    async def delete_batch(self, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """Delete up to 100 instances; each position of ``ids`` gets a result or an error.

        Raises:
            InvalidBatch: the list is none, empty or too long, or an id breaks its rule; nothing is deleted.
        """
        if not isinstance(ids, list | tuple):
            raise InvalidBatch("(body) Provided argument is invalid")
        if len(ids) > limits.BATCH:
            raise InvalidBatch(f"(body) batchDeleteInstances only supports {limits.BATCH} instances at a time")
        if not ids:
            raise InvalidBatch("(body) batchDeleteInstances should have at least 1 instance")
        if not all(isinstance(id, str) and ADDRESSABLE.fullmatch(id) for id in ids):
            raise InvalidBatch("(instance.invalid_id) Instance ID is invalid")

        def delete(tx: Transaction) -> dict[str, list[dict[str, Any]]]:
            done: dict[str, dict[str, Any] | None] = {}
            for id in dict.fromkeys(ids):
                try:
                    operations = self._engine.operations
                    operations.delete(tx, operations.find(tx, self.name, self.tenant, id))
                    done[id] = None
                except InstanceNotFound:
                    code, message = 10400, "workflows.api.error.instance.not_found"
                    done[id] = {"id": id, "code": code, "message": message}
            return {
                "deleted": [{"id": id} for id in ids if done[id] is None],
                "errors": [error for id in ids if (error := done[id]) is not None],
            }

        return await self._engine.core.submit(delete)

    deleteBatch = delete_batch


class WorkflowInstance:
    """A handle: it names an instance and holds no state."""

    def __init__(self, engine: Engine, workflow: str, tenant: str, id: str) -> None:
        self._engine, self.workflow, self.tenant, self.id = engine, workflow, tenant, id

    async def _submit(self, work: Any) -> Any:
        def run(tx: Transaction) -> Any:
            return work(tx, self._engine.operations.find(tx, self.workflow, self.tenant, self.id))

        return await self._engine.core.submit(run)

    async def status(self) -> dict[str, Any]:
        """Return ``{"status", "output", "error", "rollback"}``; output is None until the instance is complete.

        ``rollback`` is None until one has ended, then ``{"outcome": "complete" | "failed", "error"}``.
        """

        def read(tx: Transaction, instance: Instance) -> tuple[Any, ...]:
            return instance.status, instance.output, instance.error, rollbacks.outcome(instance)

        status, output, error, rollback = await self._submit(read)
        return {
            "status": status,
            "output": None if output is None else values.decode(output),
            "error": None if error is None else {"name": error["name"], "message": error["message"]},
            "rollback": rollback,
        }

    async def send_event(self, event: Mapping[str, Any]) -> None:
        """Send ``{"type", "payload"?}``: delivered exactly once, or kept until the instance waits for it.

        Raises:
            InvalidEventType: the type breaks its rule.
            InstanceFinished: the instance has ended.
            PayloadTooLarge, NotSerialisable: the payload cannot be stored.
        """
        if not isinstance(event, Mapping) or "type" not in event:
            raise WorkflowError('send_event takes {"type": ..., "payload": ...}.')
        type, payload = event["type"], sized("The event's payload", event.get("payload"))
        checks.event_type(type)
        await self._submit(lambda tx, instance: self._engine.operations.send_event(tx, instance, type, payload))

    sendEvent = send_event

    async def terminate(self, options: Mapping[str, Any] | None = None) -> None:
        """End the instance at once; attempts in flight are cut off.

        Args:
            options: ``{"rollback": True}`` undoes first what the instance did; it is ``running`` until that is over.

        Raises:
            InstanceCannotTerminate: it has ended already.
            InvalidOptions: there is another option.
        """
        rollback = asks_rollback(options)
        await self._submit(lambda tx, instance: self._engine.operations.terminate(tx, instance, rollback))

    async def skip(self, key: str | None = None) -> int:
        """Move this instance's own clock to its next due time; return the milliseconds it skipped.

        Args:
            key: the step whose due time is meant, like ``"sleep:until next month-1"``. Once that step is over,
                nothing moves and 0 is returned: who asks twice skips one sleep.

        Raises:
            NothingToSkip: it waits for no time, or not for that step's.
            InstanceFinished: it has ended.
        """
        operations = self._engine.operations
        skipped: int = await self._submit(lambda tx, instance: operations.skip(tx, instance, key))
        return skipped

    async def retry_now(self) -> list[str]:
        """End the retry delays of the steps that wait for their next attempt; return their keys.

        The instance's clock stays as it is: no sleep and no timeout comes sooner.

        Raises:
            NothingToRetry: no step waits for its next attempt, or a pause keeps it back.
            InstanceFinished: the instance has ended.
        """
        keys: list[str] = await self._submit(self._engine.operations.retry_now)
        return keys

    async def history(self) -> list[dict[str, Any]]:
        """Return the instance's history, oldest first; ``data`` is JSON text."""

        def read(tx: Transaction, instance: Instance) -> list[dict[str, Any]]:
            return history(tx, instance)

        rows: list[dict[str, Any]] = await self._submit(read)
        return rows

    async def pause(self) -> None:
        """Let the attempts in flight finish and begin nothing else. Queued and ended instances are left alone."""
        await self._submit(self._engine.operations.pause)

    async def resume(self) -> None:
        """Go on after a pause; every pending timer is later by as long as the pause lasted."""
        await self._submit(self._engine.operations.resume)

    async def restart(self, options: Mapping[str, Any] | None = None) -> None:
        """Run the instance again with the same id and params, whatever its status.

        Args:
            options: ``{"from": {"name": str, "count": 1, "type": "do"}}`` keeps what started before that step.

        Raises:
            InstanceCannotRestart: history has no such step; the instance is left as it is.
            InvalidOptions: ``options`` have another form.
        """
        start = start_of(options)
        await self._submit(lambda tx, instance: self._engine.operations.restart(tx, instance, start))

    async def delete(self) -> None:
        """Remove the instance and everything stored of it, without rollbacks."""
        await self._submit(self._engine.operations.delete)

    def subscribe(self, options: Mapping[str, Any] | None = None) -> Subscription:
        """Return the instance's events from the first one on, then as they happen.

        Args:
            options: ``{"cursor"?: the eventId of the last event seen, "filter"?: [event types]}``.

        Raises:
            InvalidOptions: the cursor is no number, or the filter names a type that does not exist.
        """
        return Subscription(self._engine, self.workflow, self.tenant, self.id, options)


COLUMNS = ("pos", "seq", "life", "at", "kind", "key", "attempt", "data")


def history(tx: Transaction, instance: Instance, after: int = 0) -> list[dict[str, Any]]:
    """Return an instance's rows with those about the engine that fall into its life, in order of ``pos``.

    Engines of an import concern what came with them only: their ``life`` says from which position on.
    """
    first, last = _span(tx, instance)
    rows = tx.query(
        f"select {', '.join(COLUMNS)} from history"
        " where ((uid = ? and life = ?) or (uid = 0 and life < ? and pos > ? and pos <= ?)) and pos > ? order by pos",
        (instance.uid, instance.life, first, first, last, after),
    )
    return [shown_row(*row) for row in rows]


def shown_row(
    pos: int, seq: int, life: int, at: int, kind: str, key: str | None, attempt: int | None, data: str | None
) -> dict[str, Any]:
    """Return a row of history as everybody may see it."""
    return {
        "pos": pos, "seq": seq, "life": life, "at": at, "kind": kind, "key": key, "attempt": attempt,
        "data": shown(kind, data),
    }  # fmt: skip


def _span(tx: Transaction, instance: Instance) -> tuple[int, int]:
    first, last = tx.query(
        "select min(pos), max(pos) from history where uid = ? and life = ?", (instance.uid, instance.life)
    )[0]
    return first or 0, last if instance.final else 1 << 62


async def call_workflow(binding: Any, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Carry out what tenant code asked of a workflow binding: handles become their ids, ``instance.*`` finds first.

    Raises:
        AttributeError: there is no such method.
    """
    if method in ("create", "get"):
        return {"id": (await getattr(binding, method)(*args, **kwargs)).id}
    if method == "create_batch":
        made = await binding.create_batch(*args, **kwargs)
        if isinstance(made, Mapping):
            return {**made, "created": [{"id": handle.id} for handle in made["created"]]}
        return [{"id": handle.id} for handle in made]
    if method in ("delete_batch", "deleteBatch"):
        return await binding.delete_batch(*args, **kwargs)
    head, _, verb = method.partition(".")
    if (head, verb) == ("instance", "events"):
        return await poll((await binding.get(args[0])).subscribe(*args[1:], **kwargs))
    if head == "instance" and verb in VERBS:
        handle = await binding.get(args[0])
        return await getattr(handle, verb)(*args[1:], **kwargs)
    raise AttributeError(f"A workflow binding has no method {method!r:.80}")


VERBS = frozenset({"status", "send_event", "terminate", "pause", "resume", "restart", "delete"})

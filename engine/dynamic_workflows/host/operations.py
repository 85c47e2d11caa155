"""What callers do to instances, each inside one turn: create, find, send_event, terminate, skip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamic_workflows.host import steps
from dynamic_workflows.host.instance import Instance
from dynamic_workflows.host.transaction import Transaction
from dynamic_workflows.shared import checks, values
from dynamic_workflows.shared.errors import (
    InstanceAlreadyExists,
    InstanceCannotTerminate,
    InstanceFinished,
    InstanceNotFound,
    NothingToSkip,
    PayloadTooLarge,
)

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import Engine


def sized(what: str, value: Any) -> str:
    """Return the wire text of a payload.

    Raises:
        PayloadTooLarge: it is over 1 MiB.
        NotSerialisable: it is not a value that can be stored.
    """
    text = values.encode(value)
    if values.too_large(text):
        raise PayloadTooLarge(what, values.size(text))
    return text


class Operations:
    """The verbs of instances over one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._core = engine, engine.core

    def find(self, tx: Transaction, workflow: str, tenant: str, id: str) -> Instance:
        """Return an instance.

        Raises:
            InstanceNotFound: there is none of that workflow, tenant and id.
        """
        rows = tx.query("select uid from instance where workflow = ? and tenant = ? and id = ?", (workflow, tenant, id))
        if not rows:
            raise InstanceNotFound()
        return self._core.instance(tx, rows[0][0])

    def exists(self, tx: Transaction, workflow: str, tenant: str, id: str) -> bool:
        """Return whether that id is taken."""
        sql = "select 1 from instance where workflow = ? and tenant = ? and id = ?"
        return bool(tx.query(sql, (workflow, tenant, id)))

    def create(
        self, tx: Transaction, workflow: str, tenant: str, id: str, params: str, version: str | None = None
    ) -> Instance:
        """Add an instance and put it in line to run.

        Raises:
            InstanceAlreadyExists: the id is taken, also by an instance that has ended.
        """
        if self.exists(tx, workflow, tenant, id):
            raise InstanceAlreadyExists(id)
        instance = Instance(self._core.new_uid(), created=tx.now)
        row = {"workflow": workflow, "tenant": tenant, "id": id, "params": params}
        tx.create(instance, {**row, "version": version} if version else row)
        self._engine.scheduler.ready(instance)
        return instance

    def send_event(self, tx: Transaction, instance: Instance, type: str, payload: str) -> None:
        """Keep an event and hand it to the oldest waiter of its type, if there is one, in the same turn.

        Raises:
            InstanceFinished: nothing can reach an instance that has ended.
        """
        checks.event_type(type)
        if instance.final:
            raise InstanceFinished(instance.id, instance.final)
        tx.append(instance, "event.received", data={"type": type, "payload": payload})
        waiter = steps.deliver(tx, instance, type)
        if waiter is not None:
            self._engine.stir(tx, instance, waiter)

    def terminate(self, tx: Transaction, instance: Instance) -> None:
        """End an instance at once.

        Raises:
            InstanceCannotTerminate: it has ended already.
        """
        if instance.final:
            raise InstanceCannotTerminate()
        steps.interrupt(tx, instance, last=True)
        tx.append(instance, "terminated")
        self._engine.scheduler.abandon(tx, instance)

    def skip(self, tx: Transaction, instance: Instance) -> int:
        """Move one instance's own clock to its next due time; return by how many milliseconds.

        Raises:
            NothingToSkip: no sleep, timeout or retry delay is pending.
            InstanceFinished: it has ended.
        """
        if instance.final:
            raise InstanceFinished(instance.id, instance.final)
        due = instance.next_due()
        if due is None:
            raise NothingToSkip(instance.id)
        by = max(0, due - tx.now)
        tx.append(instance, "time_skipped", data={"by": by})
        return by

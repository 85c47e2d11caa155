"""What callers do to instances, each inside one turn."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history import streams
from dynamic_workflows.host.history.core import SELECT_HISTORY
from dynamic_workflows.host.history.instance import HistoryRow, Instance
from dynamic_workflows.host.history.sealed import reseal
from dynamic_workflows.host.history.transaction import Transaction, dumps
from dynamic_workflows.host.rules import rollbacks, steps
from dynamic_workflows.host.rules.creation import ALREADY_EXISTS, DUPLICATE, Creation, Rates, Retention
from dynamic_workflows.shared import checks
from dynamic_workflows.shared.errors import (
    InstanceAlreadyExists,
    InstanceCannotRestart,
    InstanceCannotTerminate,
    InstanceFinished,
    InstanceNotFound,
    InvalidOptions,
    NothingToRetry,
    NothingToSkip,
)
from dynamic_workflows.shared.rollbacks import TERMINATED

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import Engine

ADDRESSABLE = re.compile(r"[a-zA-Z0-9, */#_-]{1,271}")  # wider than what create takes: ids of scheduled instances


class Operations:
    """The verbs of instances over one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._core = engine, engine.core
        limits = engine.limits
        self.rates = Rates(self._core.clock, tenant=limits.creation_rate, workflow=limits.workflow_creation_rate)

    def find(self, tx: Transaction, workflow: str, tenant: str, id: str) -> Instance:
        """Return an instance.

        Raises:
            InstanceNotFound: there is none of that workflow, tenant and id.
        """
        if not isinstance(id, str) or not ADDRESSABLE.fullmatch(id):
            raise InstanceNotFound()
        rows = tx.query("select uid from instance where workflow = ? and tenant = ? and id = ?", (workflow, tenant, id))
        if not rows:
            raise InstanceNotFound()
        return self._core.instance(tx, rows[0][0])

    def exists(self, tx: Transaction, workflow: str, tenant: str, id: str) -> bool:
        """Return whether that id is taken."""
        sql = "select 1 from instance where workflow = ? and tenant = ? and id = ?"
        return bool(tx.query(sql, (workflow, tenant, id)))

    def create(
        self,
        tx: Transaction,
        workflow: str,
        tenant: str,
        id: str,
        params: str,
        version: str | None = None,
        retention: Retention | None = None,
    ) -> Instance:
        """Add an instance and put it in line to run.

        Raises:
            InstanceAlreadyExists: the id is taken, also by an instance that has ended.
            CreationRateExceeded: too many were created in this second.
        """
        if self.exists(tx, workflow, tenant, id):
            raise InstanceAlreadyExists(id)
        self.rates.take(workflow, tenant)
        return self.add(tx, workflow, tenant, id, params, version, retention)

    def fresh(
        self, tx: Transaction, workflow: str, tenant: str, creations: list[Creation]
    ) -> tuple[list[Creation], list[dict[str, Any]]]:
        """Count those of a batch whose ids are free, and return them with what is wrong with each of the others.

        Raises:
            CreationRateExceeded: too many were created in this second; none is counted.
        """
        fresh: dict[str, Creation] = {}
        errors, seen = [], set()
        for index, one in enumerate(creations):
            if one.id in seen:
                errors.append({"index": index, "id": one.id, **DUPLICATE})
            elif self.exists(tx, workflow, tenant, one.id):
                errors.append({"index": index, "id": one.id, **ALREADY_EXISTS})
            else:
                fresh[one.id] = one
            seen.add(one.id)
        if fresh:
            self.rates.take(workflow, tenant, len(fresh))
        return list(fresh.values()), errors

    def add(
        self,
        tx: Transaction,
        workflow: str,
        tenant: str,
        id: str,
        params: str,
        version: str | None = None,
        retention: Retention | None = None,
        schedule: Mapping[str, Any] | None = None,
    ) -> Instance:
        """Add an instance whose id is known to be free and that was counted."""
        instance = Instance(self._core.new_uid(), created=tx.now)
        row: dict[str, Any] = {"workflow": workflow, "tenant": tenant, "id": id, "params": params}
        if version:
            row["version"] = version
        kept = {**self._engine.retention(workflow), **(retention or {})}
        if kept:
            row["retention"] = kept
        if schedule:
            row["schedule"] = schedule
        tx.create(instance, row)
        self._engine.mocks.created(tx, instance)
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

    def terminate(self, tx: Transaction, instance: Instance, rollback: bool = False) -> None:
        """End an instance at once, or after a rollback of what it did; one that is under way is left to itself.

        Raises:
            InstanceCannotTerminate: it has ended already.
        """
        if instance.final:
            raise InstanceCannotTerminate()
        if instance.phase == "rollback":
            if rollback:
                return
            rollbacks.end(tx, instance, TERMINATED, "terminated")
        elif rollback and rollbacks.begin(tx, instance, "terminated", TERMINATED):
            activation = self._engine.scheduler.active.get(instance.uid)
            if activation is not None and not activation.over:
                activation.roll_back(tx)
            else:
                self._engine.scheduler.ready(instance)
            return
        else:
            steps.interrupt(tx, instance, last=True)
            tx.append(instance, "terminated")
        self._engine.scheduler.abandon(tx, instance)

    def skip(self, tx: Transaction, instance: Instance, key: str | None = None, most: int | None = None) -> int:
        """Move one instance's own clock to its next due time; return by how many milliseconds.

        Args:
            key: the step whose due time it is moved to, at once, however many others are due before. A step that has
                ended meanwhile moves nothing and returns 0, so that a skip which is asked for twice skips one sleep.
            most: milliseconds it is moved by at most.

        Raises:
            NothingToSkip: no sleep, timeout or retry delay is pending, or not that step's.
            InstanceFinished: it has ended.
        """
        if key is not None and (step := instance.steps.get(key)) is not None and step.settled:
            return 0
        if instance.final:
            raise InstanceFinished(instance.id, instance.final)
        due = instance.next_due(key)
        if due is None:
            raise NothingToSkip(instance.id, key)
        by = max(0, due - tx.now)
        if most is not None:
            by = min(by, most)
        tx.append(instance, "time_skipped", data={"by": by})
        return by

    def retry_now(self, tx: Transaction, instance: Instance, key: str | None = None) -> list[str]:
        """End the retry delay of one step, or of all that wait for their next attempt; return their keys.

        The run's clock stays as it is: nothing else becomes due.

        Raises:
            NothingToRetry: no step waits for its next attempt, or not this one, or a pause keeps it back.
            InstanceFinished: it has ended.
        """
        if instance.final:
            raise InstanceFinished(instance.id, instance.final)
        waiting = [name for name, (kind, _) in instance.timers.items() if kind == "retry" and key in (None, name)]
        if instance.held or not waiting:
            raise NothingToRetry(instance.id, key)
        for name in waiting:
            tx.append(instance, "delay_skipped", name)
        return waiting

    def pause(self, tx: Transaction, instance: Instance) -> None:
        """Let the attempts in flight finish and begin nothing else; no effect where there is nothing to pause."""
        if instance.final or instance.held or instance.phase == "rollback" or not instance.priority:
            return
        tx.append(instance, "pausing")

    def resume(self, tx: Transaction, instance: Instance) -> None:
        """Go on after a pause, every timer later by as long as it lasted; no effect where there was no pause."""
        if instance.pausing:
            tx.append(instance, "resumed", data={"shift": 0})
            activation = self._engine.scheduler.active.get(instance.uid)
            if activation is not None and not activation.over:
                activation.release(tx)
        elif instance.paused_at is not None:
            tx.append(instance, "resumed", data={"shift": tx.now - instance.paused_at})
        else:
            return
        for type in dict.fromkeys(event.type for event in list(instance.inbox.values())):
            while (waiter := steps.deliver(tx, instance, type)) is not None:
                self._engine.stir(tx, instance, waiter)
        activation = self._engine.scheduler.active.get(instance.uid)
        if activation is None or activation.over:  # the one that the pause has dropped may be on its way out
            self._engine.scheduler.ready(instance)

    def restart(
        self,
        tx: Transaction,
        instance: Instance,
        start: Start | None = None,
        code: Mapping[str, str] | None = None,
    ) -> None:
        """Run an instance again from the top, or from one step on with the results of the steps before it.

        Args:
            code: the ``version`` and the enveloped ``params`` of other code to go on with.

        Raises:
            InstanceCannotRestart: its history has no such step; nothing has changed.
            CreationRateExceeded: a restart counts like a creation, and there were too many in this second.
        """
        kept = self._kept(tx, instance, start) if start is not None else []
        self.rates.take(instance.workflow, instance.tenant)
        activation = self._engine.scheduler.active.get(instance.uid)
        if not instance.final:
            steps.interrupt(tx, instance, last=True)
        if activation is not None:
            activation.drop(tx)
        tx.restart(instance, {**({} if start is None else {"from": start.key}), **(code or {})})
        events: dict[int, int] = {}
        for row in kept:
            data = row.data
            if row.kind == "wait.completed" and data is not None:
                data = dumps({"event": events[json.loads(data)["event"]]})
            copied = tx.copy(instance, row, data)
            reseal(tx, row, copied)
            if row.kind == "event.received":
                events[row.seq] = copied.seq
        streams.carry(tx, instance, kept)
        self._engine.mocks.restarted(tx, instance, kept)
        self._engine.scheduler.ready(instance)

    def _kept(self, tx: Transaction, instance: Instance, start: Start) -> list[HistoryRow]:
        """Return the rows of the settled steps that started before the one named, with the events they took."""
        first = instance.steps.get(start.key)
        if first is None or first.kind == "rollback":
            raise InstanceCannotRestart(start.name)
        keys = {key for key, step in instance.steps.items() if step.settled and step.started < first.started}
        rows = [HistoryRow(*row) for row in tx.query(SELECT_HISTORY, (instance.uid,))]
        rows = [row for row in rows if row.life == instance.life]
        taken = {
            json.loads(row.data or "{}")["event"] for row in rows if row.kind == "wait.completed" and row.key in keys
        }
        return [row for row in rows if row.key in keys or (row.kind == "event.received" and row.seq in taken)]

    def delete(self, tx: Transaction, instance: Instance) -> None:
        """Remove an instance and everything stored of it; its id is free again."""
        self._engine.scheduler.abandon(tx, instance)
        self._engine.subscribers.changed(tx, instance.uid)
        self._engine.mocks.forget(tx, instance.where)
        instance.final = instance.final or "terminated"
        tx.delete(instance)


KINDS = {"do": "do", "sleep": "sleep", "waitForEvent": "wait"}


def start_of(options: Any) -> Start | None:
    """Return the step that the options of a restart name, or None for the top.

    Raises:
        InvalidOptions: they are not of the form ``{"from": {"name": str, "count"?: int, "type"?: str}}``.
    """
    if options is None:
        return None
    if not isinstance(options, Mapping) or not options.keys() <= {"from"}:
        raise InvalidOptions(f'restart takes {{"from": {{"name": ...}}}}, not {options!r:.80}.')
    given = options.get("from")
    if given is None:
        return None
    if not isinstance(given, Mapping) or "name" not in given or not given.keys() <= {"name", "count", "type"}:
        raise InvalidOptions(f"restart from {given!r:.80}: give the name of a step, and its count and type.")
    name, count, type_ = given["name"], given.get("count"), given.get("type")
    count, type_ = 1 if count is None else count, "do" if type_ is None else type_
    if not isinstance(name, str) or type(count) is not int or count < 1 or not isinstance(type_, str):
        raise InvalidOptions(
            f"restart from {dict(given)!r:.80}: name is text, count a number from 1, type one of {', '.join(KINDS)}."
        )
    return Start(name, count, type_)


def asks_rollback(options: Any) -> bool:
    """Return whether the options of a termination ask for a rollback.

    Raises:
        InvalidOptions: they are not of the form ``{"rollback"?: bool}``.
    """
    if options is None:
        return False
    if not isinstance(options, Mapping) or not options.keys() <= {"rollback"}:
        raise InvalidOptions(f'terminate takes {{"rollback": True}}, not {options!r:.80}.')
    return bool(options.get("rollback"))


@dataclass(frozen=True, slots=True)
class Start:
    """The step a restart begins with: the ``count``-th of its name and type, in the order they started."""

    name: str
    count: int = 1
    type: str = "do"

    @property
    def key(self) -> str:
        """The step's key; that of a type that does not exist is nobody's."""
        return f"{KINDS.get(self.type, '')}:{self.name}-{self.count}"

"""Cron schedules: each firing creates one instance, in the turn that records it (semantics C.5).

What the table holds is when an expression fired last, or since when it stands. Of the firings that were missed while
nobody was here only the latest one runs; the others are counted in its first row. Creating on schedule is not limited
by the creation rate, and a slot is taken like by any other instance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamic_workflows.host.dispatcher import METADATA, PARAMS, Dispatching, scope_of
from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.tenants.cron import Cron
from dynamic_workflows.shared import values
from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint
from dynamic_workflows.shared.errors import InvalidSchedule
from dynamic_workflows.shared.limits import SCHEDULES_MAX

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import Engine


@dataclass(slots=True)
class Entry:
    """One expression that fires, and what it creates."""

    cron: Cron
    workflow: str
    tenant: str
    params: str  # wire text
    version: str | None  # of the code, where a platform pins it
    last: int  # when it fired last, or since when it stands
    due: int


class Schedules:
    """The expressions of one engine's workflows. ``next`` and ``fire`` are the engine's ``Alarm``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._entries: dict[tuple[str, str], Entry] = {}  # by owner and expression
        self._of: dict[str, int] = {}  # how many expressions each owner has
        self._next: int | None = None

    def checked(self, owner: str, given: object) -> list[Cron]:
        """Return the expressions a workflow is to have.

        Raises:
            InvalidSchedule: one of them breaks a rule, or there are too many.
        """
        if given is None:
            return []
        texts = [given] if isinstance(given, str) else given
        if not isinstance(texts, list | tuple) or not texts:
            raise InvalidSchedule("give a cron expression or a list of at least one", given)
        crons = [Cron(text) for text in dict.fromkeys(texts)]
        others = sum(count for name, count in self._of.items() if name != owner)
        if others + len(crons) > SCHEDULES_MAX:
            raise InvalidSchedule(f"an engine has at most {SCHEDULES_MAX} expressions, and these make more")
        return crons

    def put(self, owner: str, crons: Sequence[Cron], *, tenant: str, workflow: str, params: str) -> None:
        """Let exactly these expressions of an owner fire: new ones from now on, known ones from where they were."""
        self._of[owner] = len(crons)
        self._engine.core.post(
            lambda tx: self.put_now(tx, owner, crons, tenant=tenant, workflow=workflow, params=params)
        )

    def put_now(
        self,
        tx: Transaction,
        owner: str,
        crons: Sequence[Cron],
        *,
        tenant: str,
        workflow: str,
        params: str,
        version: str | None = None,
    ) -> None:
        """Do the same in the turn that asks for it; ``version`` pins the instances to one version of the code."""
        self._of[owner] = len(crons)
        self._forget(tx, owner, {cron.text for cron in crons})
        rows = tx.query("select cron, last_at from schedule where workflow = ?", (owner,))
        known: dict[str, int] = dict(rows)
        for cron in crons:
            last = known.get(cron.text)
            if last is None:
                last = tx.now
                tx.execute("insert into schedule values (?, ?, ?)", (owner, cron.text, last))
            self._entries[owner, cron.text] = Entry(cron, workflow, tenant, params, version, last, cron.next(last))
        self._look()

    def _forget(self, tx: Transaction, owner: str, kept: set[str]) -> None:
        for (cron,) in tx.query("select cron from schedule where workflow = ?", (owner,)):
            if cron not in kept:
                tx.execute("delete from schedule where workflow = ? and cron = ?", (owner, cron))
                self._entries.pop((owner, cron), None)

    def _look(self) -> None:
        self._next = min((entry.due for entry in self._entries.values()), default=None)

    def next(self) -> int | None:
        """Return when the next expression fires."""
        return self._next

    def fire(self, tx: Transaction) -> None:
        """Create an instance for every expression that is due, and record both in this turn."""
        due = [(entry.due, *key) for key, entry in self._entries.items() if entry.due <= tx.now]
        for _, owner, text in sorted(due):
            entry = self._entries[owner, text]
            at, missed = entry.cron.missed(entry.last, tx.now)
            self._create(tx, entry, at, missed)
            self._fired(tx, owner, entry, at)
        self._look()

    def skip(self, tx: Transaction, owner: str) -> Instance | None:
        """Fire now what an owner's expressions fire next, and never again; None where nothing is scheduled.

        The instance's own clock is moved to the time it was scheduled for, like by a skip of its own.
        """
        own = [entry for (name, _), entry in self._entries.items() if name == owner]
        instance = None
        while own and instance is None:  # one that fired, was taken off and put back is there already
            entry = min(own, key=lambda one: one.due)
            at = entry.due
            instance = self._create(tx, entry, at, 0)
            self._fired(tx, owner, entry, at)
        self._look()
        if instance is not None:
            tx.append(instance, "time_skipped", data={"by": max(0, at - tx.now)})
        return instance

    def _fired(self, tx: Transaction, owner: str, entry: Entry, at: int) -> None:
        entry.last, entry.due = at, entry.cron.next(at)
        tx.execute("update schedule set last_at = ? where workflow = ? and cron = ?", (at, owner, entry.cron.text))

    def _create(self, tx: Transaction, entry: Entry, at: int, missed: int) -> Instance | None:
        operations, id = self._engine.operations, f"{entry.cron.text}-{at}"
        if operations.exists(tx, entry.workflow, entry.tenant, id):  # it fired, was taken off, and the clock went back
            return None
        schedule = {"cron": entry.cron.text, "scheduledTime": at, **({"missed": missed} if missed else {})}
        return operations.add(tx, entry.workflow, entry.tenant, id, entry.params, entry.version, schedule=schedule)


def scheduled(entrypoint: type[WorkflowEntrypoint], name: str) -> tuple[str, str]:
    """Return the tenant and the params, as wire text, of instances that a schedule creates of a workflow.

    Raises:
        InvalidSchedule: it is a dispatcher that has no metadata for them.
    """
    if not issubclass(entrypoint, Dispatching):
        return "", "{}"
    metadata = entrypoint.scheduled
    if metadata is None:
        raise InvalidSchedule(
            f'"{name}" is a dispatcher, and nothing says whose code its schedules run: give the metadata to'
            " create_dynamic_workflow_entrypoint(load_runner, scheduled={...})"
        )
    return scope_of(metadata) or "", values.encode({METADATA: dict(metadata), PARAMS: {}})

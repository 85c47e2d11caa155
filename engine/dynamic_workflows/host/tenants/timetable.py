"""The schedules of tenants: which version of whose code is started by the clock, with which payload.

They stand in each tenant's policy, so they outlive the engine; when each expression fired last is the engine's business
(``schedules``). A schedule is pinned to the version it was made with, like an instance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.transaction import Transaction, dumps
from dynamic_workflows.host.tenants.cron import Cron
from dynamic_workflows.host.tenants.trees import Tree
from dynamic_workflows.shared import checks
from dynamic_workflows.shared.errors import InvalidSchedule

if TYPE_CHECKING:
    from dynamic_workflows.host.tenants.platform import Platform


TEXTS = ("entrypoint", "version", "main", "payload")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the firings of one tenant's workflow create."""

    entrypoint: str
    version: str
    main: str
    payload: str  # wire text
    crons: tuple[str, ...]


def plans_of(policy: str) -> dict[str, Plan]:
    """Return the plans that a tenant's policy holds, by workflow.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: it is not a policy.
        InvalidSchedule, InvalidWorkflowName: an expression or a name in it breaks a rule.
    """
    plans = {}
    for workflow, one in json.loads(policy).get("schedules", {}).items():
        checks.workflow_name(workflow)
        crons = tuple(Cron(text).text for text in one["crons"])
        entrypoint, version, main, payload = (_text(one[name]) for name in TEXTS)
        plans[workflow] = Plan(entrypoint, version, main, payload, crons)
    return plans


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.80} is not text")
    return value


class Timetable:
    """The schedules of every tenant of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._engine = platform.engine

    async def load(self) -> None:
        """Let the schedules of all tenants fire again: the latest firing that was missed runs, the rest are counted."""
        await self._engine.core.submit(self._load)

    def _load(self, tx: Transaction) -> None:
        for tenant, policy in tx.query("select tenant, policy from tenant order by created, tenant"):
            for workflow, plan in plans_of(policy).items():
                self._fire(tx, tenant, workflow, plan)

    def put(
        self, tx: Transaction, tenant: str, tree: Tree, entrypoint: str, schedules: object, payload: str
    ) -> dict[str, Any]:
        """Store the code and let exactly these expressions start it, in place of those its workflow had.

        Raises:
            InvalidSchedule: an expression breaks a rule, or there are too many.
        """
        workflow, version, _ = self._platform.pin(tx, tenant, tree, entrypoint)
        crons = self._engine.schedules.checked(_owner(tenant, workflow), schedules)
        plan = Plan(entrypoint, version, tree.main, payload, tuple(cron.text for cron in crons))
        self._store(tx, tenant, workflow, plan if crons else None)
        self._fire(tx, tenant, workflow, plan)
        return self.listed(tx, tenant, workflow, plan)

    def remove(self, tx: Transaction, tenant: str, workflow: str) -> None:
        """Let the clock start this workflow no more; no effect where it does not."""
        plan = self._plans(tx, tenant).get(workflow)
        if plan is not None:
            self._store(tx, tenant, workflow, None)
            self._engine.schedules.put_now(
                tx, _owner(tenant, workflow), [], tenant=tenant, workflow=workflow, params="{}"
            )

    def skip(self, tx: Transaction, tenant: str, workflow: str) -> Instance:
        """Fire now what is due next, and no second time: the run's own clock stands at the time it was scheduled for.

        Raises:
            InvalidSchedule: nothing of this tenant's workflow is scheduled.
        """
        instance = self._engine.schedules.skip(tx, _owner(tenant, workflow))
        if instance is None:
            raise InvalidSchedule(f'nothing is scheduled for "{workflow}"')
        return instance

    def all(self, tx: Transaction, tenant: str | None = None) -> list[dict[str, Any]]:
        """Return the schedules of one tenant, or of all."""
        where, of = ("where tenant = ?", (tenant,)) if tenant is not None else ("", ())
        rows = tx.query(f"select tenant, policy from tenant {where} order by created, tenant", of)
        return [
            self.listed(tx, owner, workflow, plan)
            for owner, policy in rows
            for workflow, plan in plans_of(policy).items()
        ]

    def listed(self, tx: Transaction, tenant: str, workflow: str, plan: Plan) -> dict[str, Any]:
        """Return one schedule as front ends show it: ``next`` is when it fires, in epoch milliseconds."""
        rows = tx.query("select cron, last_at from schedule where workflow = ?", (_owner(tenant, workflow),))
        last: dict[str, int] = dict(rows)
        firings = [Cron(text).next(last.get(text, tx.now)) for text in plan.crons]
        shown = {name: value for name, value in asdict(plan).items() if name != "payload"}
        return {
            "tenant": tenant, "workflow": workflow, **shown, "crons": list(plan.crons), "payload": plan.payload,
            "next": min(firings, default=None),
        }  # fmt: skip

    def _plans(self, tx: Transaction, tenant: str) -> dict[str, Plan]:
        rows = tx.query("select policy from tenant where tenant = ?", (tenant,))
        return plans_of(rows[0][0]) if rows else {}

    def _store(self, tx: Transaction, tenant: str, workflow: str, plan: Plan | None) -> None:
        ((text,),) = tx.query("select policy from tenant where tenant = ?", (tenant,))
        policy: dict[str, Any] = json.loads(text)
        plans: Mapping[str, Any] = policy.get("schedules", {})
        kept = {name: one for name, one in plans.items() if name != workflow}
        if plan is not None:
            kept[workflow] = {**asdict(plan), "crons": list(plan.crons)}
        tx.execute("update tenant set policy = ? where tenant = ?", (dumps({**policy, "schedules": kept}), tenant))

    def _fire(self, tx: Transaction, tenant: str, workflow: str, plan: Plan) -> None:
        params = self._platform.enveloped(tenant, plan.version, plan.entrypoint, plan.main, plan.payload)
        self._platform.bind(workflow)
        crons = [Cron(text) for text in plan.crons]
        self._engine.schedules.put_now(
            tx, _owner(tenant, workflow), crons, tenant=tenant, workflow=workflow, params=params, version=plan.version
        )


def _owner(tenant: str, workflow: str) -> str:
    """Return the name under which a tenant's schedule stands: no workflow has a ``/`` in its name."""
    return f"{tenant}/{workflow}"

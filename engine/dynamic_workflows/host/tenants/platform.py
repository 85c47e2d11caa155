"""The ready assembly that playground, notebooks and examples use: tenants, their code, loader, dispatcher, bindings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from dynamic_workflows.host.dispatcher import (
    METADATA,
    LoadContext,
    create_dynamic_workflow_entrypoint,
    wrap_workflow_binding,
)
from dynamic_workflows.host.engine import Engine, Limits
from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.protocols import Clock, Entropy, Sandboxes, Store
from dynamic_workflows.host.rules.creation import Creation, Retention
from dynamic_workflows.host.running.code import WorkerCode
from dynamic_workflows.host.running.loader import EntrypointStub
from dynamic_workflows.host.tenants.timetable import Timetable
from dynamic_workflows.host.tenants.trees import Tree, load_tree
from dynamic_workflows.host.world import World
from dynamic_workflows.shared import checks
from dynamic_workflows.shared.errors import WorkflowError
from dynamic_workflows.shared.names import workflow_name

TENANT = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_-]{0,63}")
ENVELOPE = json.dumps({METADATA: 0}, separators=(",", ":"))[:-2]  # how every enveloped params text begins
_raw_decode = json.JSONDecoder().raw_decode


class Platform:
    """Many tenants on one engine. Every instance is pinned to a version: that of its start, or of its last restart."""

    def __init__(self, engine: Engine, world_delay: int) -> None:
        self.engine, self.world_delay = engine, world_delay
        self._entrypoint = create_dynamic_workflow_entrypoint(self._load_runner)
        self.timetable = Timetable(self)

    @classmethod
    async def open(
        cls,
        store: Store,
        *,
        clock: Clock,
        entropy: Entropy,
        sandboxes: Sandboxes,
        limits: Limits | None = None,
        world_delay: int = 0,
    ) -> Platform:
        """Open the platform over a store; every unfinished instance goes on with the code it is pinned to.

        Args:
            world_delay: milliseconds that an answer of ``env.WORLD`` takes.

        Raises:
            StoreLost, StoreTooNew: the store cannot be used.
        """
        engine = await Engine.open(store, clock=clock, entropy=entropy, sandboxes=sandboxes, limits=limits)
        platform = cls(engine, world_delay)
        names = await engine.core.submit(lambda tx: tx.query("select distinct workflow from instance"))
        for (name,) in names:
            platform.bind(name)
        await platform.timetable.load()
        return platform

    async def close(self) -> None:
        """Stop in order."""
        await self.engine.close()

    # -- code -------------------------------------------------------------------------------------------------

    async def check(self, tenant: str, tree: Tree, entrypoint: str | None = None) -> str:
        """Load code in a sandbox of its tenant and return the name of the workflow class that would run.

        Raises:
            CodeError: it does not load; says file, line and column.
            NoEntrypoint: it has no such class.
        """
        check_tenant(tenant)
        stub = self.engine.loader.get(f"{tenant}/{tree.hash}", lambda: self._code(tenant, tree, None))
        return (await stub.worker()).entrypoint(entrypoint)

    async def tree(self, tenant: str, version: str) -> Tree:
        """Return the files of one of a tenant's versions.

        Raises:
            CodeError: this tenant has no such version.
        """
        return await self.engine.core.submit(lambda tx: load_tree(tx, tenant, version))

    # -- runs -------------------------------------------------------------------------------------------------

    def create(
        self,
        tx: Transaction,
        tenant: str,
        tree: Tree,
        entrypoint: str,
        params: str,
        id: str | None = None,
        retention: Retention | None = None,
    ) -> Instance:
        """Store the code and create an instance pinned to it, in one turn. ``params`` is wire text.

        Raises:
            InvalidInstanceId, InstanceAlreadyExists: the id cannot be used.
            CreationRateExceeded: too many were created in this second.
        """
        id = self.engine.core.entropy.instance_id() if id is None else id
        checks.instance_id(id)
        name, version, head = self.pin(tx, tenant, tree, entrypoint)
        return self.engine.operations.create(tx, name, tenant, id, f"{head}{params}}}", version, retention)

    def create_batch(
        self, tx: Transaction, tenant: str, tree: Tree, entrypoint: str, batch: list[Creation]
    ) -> list[dict[str, Any]]:
        """Store the code once and create instances pinned to it, in one turn; return why those it left out cannot be.

        Raises:
            CreationRateExceeded: too many were created in this second; none is created.
        """
        name, version, head = self.pin(tx, tenant, tree, entrypoint)
        fresh, errors = self.engine.operations.fresh(tx, name, tenant, batch)
        for one in fresh:
            self.engine.operations.add(tx, name, tenant, one.id, f"{head}{one.params}}}", version, one.retention)
        return errors

    def pin(self, tx: Transaction, tenant: str, tree: Tree, entrypoint: str) -> tuple[str, str, str]:
        """Store code; return the workflow's name, the version, and how the params of its instances begin."""
        tx.execute("insert or ignore into tenant values (?, '{}', ?)", (tenant, tx.now))
        version, name = tree.save(tx, tenant), workflow_name(entrypoint)
        self.bind(name)
        return name, version, _head(tenant, version, entrypoint, tree.main)

    def enveloped(self, tenant: str, version: str, entrypoint: str, main: str, params: str) -> str:
        """Return the params text of an instance that runs this version; ``params`` is wire text."""
        return f"{_head(tenant, version, entrypoint, main)}{params}}}"

    def repinned(self, tx: Transaction, instance: Instance, tree: Tree, entrypoint: str) -> dict[str, str]:
        """Store code and return what a restart records to go on with it: the version and the params.

        Raises:
            WorkflowError: the class is of another workflow.
        """
        name, version, head = self.pin(tx, instance.tenant, tree, entrypoint)
        if name != instance.workflow:
            raise WorkflowError(
                f'The run is of the workflow "{instance.workflow}", and {tree.main} holds "{name}": keep the class'
                " name, or start a new run."
            )
        return {"version": version, "params": f"{head}{unwrap(instance.params)[1]}}}"}

    def bind(self, name: str) -> None:
        """Let instances of a workflow run: its code is that of the tenant each belongs to."""
        if name not in self.engine.workflows:
            self.engine.bind(name, self._entrypoint, env={})

    async def _load_runner(self, context: LoadContext) -> EntrypointStub:
        metadata: Mapping[str, Any] = context.metadata
        tenant, version = metadata["tenantId"], metadata["version"]

        async def code() -> WorkerCode:
            return self._code(tenant, await self.tree(tenant, version), metadata)

        return self.engine.loader.get(f"{tenant}/{version}", code).get_entrypoint(metadata["entrypoint"])

    def _code(self, tenant: str, tree: Tree, metadata: Mapping[str, Any] | None) -> WorkerCode:
        return WorkerCode(
            main_module=tree.main,
            modules={path: text if path.endswith(".py") else {"text": text} for path, text in tree.files.items()},
            env={
                "WORLD": World(tenant, lambda: self.world_delay),
                "WORKFLOWS": self._workflows(tenant, tree, metadata),
            },
        )

    def _workflows(self, tenant: str, tree: Tree, metadata: Mapping[str, Any] | None) -> Any:
        tagged = metadata or _metadata(tenant, tree.hash, None, tree.main)
        return TenantWorkflows(self, tenant, dict(tagged))


class TenantWorkflows:
    """``env.WORKFLOWS`` of one tenant: creates instances of its own version, finds its own instances only."""

    kind = "workflow"

    def __init__(self, platform: Platform, tenant: str, metadata: dict[str, Any]) -> None:
        self._platform, self._tenant, self._metadata = platform, tenant, metadata

    def _binding(self) -> Any:
        engine = self._platform.engine
        metadata = dict(self._metadata)
        if metadata.get("entrypoint") is None:
            worker = engine.workers.find(f"{self._tenant}/{metadata['version']}")
            if worker is None:
                raise WorkflowError("The code that asks is not loaded.")
            metadata["entrypoint"] = worker.entrypoint(None)
        name = workflow_name(metadata["entrypoint"])
        self._platform.bind(name)
        return wrap_workflow_binding(metadata, binding_name=name, env={name: engine.workflow(name)})

    async def create(self, options: Mapping[str, Any] | None = None) -> Any:
        """Create an instance of this tenant's workflow."""
        return await self._binding().create(options)

    async def create_batch(self, batch: Any) -> Any:
        """Create many."""
        return await self._binding().create_batch(batch)

    async def get(self, id: str) -> Any:
        """Find one of this tenant's instances."""
        return await self._binding().get(id)

    async def delete_batch(self, ids: Any) -> Any:
        """Delete many of this tenant's instances."""
        return await self._binding().delete_batch(ids)


def _metadata(tenant: str, version: str, entrypoint: str | None, main: str) -> dict[str, Any]:
    return {"tenantId": tenant, "version": version, "entrypoint": entrypoint, "main": main}


def _head(tenant: str, version: str, entrypoint: str, main: str) -> str:
    metadata = json.dumps(_metadata(tenant, version, entrypoint, main), separators=(",", ":"))
    return f'{ENVELOPE}{metadata},"params":'


def check_tenant(tenant: object) -> None:
    """Check a tenant's name.

    Raises:
        WorkflowError: it is not 1 to 64 letters, digits, ``-`` or ``_``.
    """
    if not isinstance(tenant, str) or not TENANT.fullmatch(tenant):
        raise WorkflowError(f'Tenant {tenant!r:.80} is not 1 to 64 letters, digits, "-" or "_" (no leading "-").')


def unwrap(params: str) -> tuple[dict[str, Any], str]:
    """Split an instance's params text into the dispatcher's metadata and the caller's params, without parsing those."""
    if not params.startswith(ENVELOPE):
        return {}, params
    metadata, end = _raw_decode(params, len(ENVELOPE))
    return metadata, params[end + len(',"params":') : -1]

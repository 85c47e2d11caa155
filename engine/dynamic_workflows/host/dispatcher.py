"""Dynamic workflows: one workflow class for every tenant's code (semantics E, with the extensions of the design).

A wrapped binding tags each ``create`` with metadata; the dispatcher's class unwraps it whenever the engine wakes an
instance, asks the platform for that tenant's code, and hands ``run`` on.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint
from dynamic_workflows.shared.errors import MissingDispatcherMetadataError, WorkflowError

METADATA, PARAMS = "__dispatcherMetadata", "params"
current_env: ContextVar[Any] = ContextVar("dispatcher_env")  # the dispatcher's own env, while its code runs


class WorkflowRunner(Protocol):
    """What a load_runner callback returns: anything with ``run(event, step)``."""

    def run(self, event: Any, step: Any) -> Any:
        """Run the tenant's workflow."""


@dataclass(frozen=True, slots=True)
class LoadContext:
    """What a load_runner callback is given."""

    metadata: Any
    env: Any
    ctx: Any


LoadRunner = Callable[[LoadContext], "WorkflowRunner | Awaitable[WorkflowRunner]"]


def _wrap(metadata: Any, options: Any) -> Any:
    if options is not None and not isinstance(options, Mapping):
        return options  # the binding itself says what is wrong with it
    given = dict(options or {})
    return {**given, PARAMS: {METADATA: metadata, PARAMS: given.get(PARAMS)}}


def scope_of(metadata: Any) -> str | None:
    """Return the scope of instances with this metadata: its ``tenantId``, if it has one."""
    tenant = metadata.get("tenantId") if isinstance(metadata, Mapping) else None
    return None if tenant is None else str(tenant)


class DispatcherBinding:
    """A workflow binding that tags what is created through it. Everything else goes through untouched."""

    kind = "workflow"

    def __init__(self, get_binding: Callable[[], Any], metadata: Any, scope: str | None = None) -> None:
        self._get, self.metadata, self.scope = get_binding, metadata, scope

    def _binding(self) -> Any:
        binding = self._get()
        scoped = getattr(binding, "scoped", None)
        return scoped(self.scope) if self.scope is not None and callable(scoped) else binding

    async def create(self, options: Mapping[str, Any] | None = None) -> Any:
        """Create an instance whose params carry the metadata."""
        return await self._binding().create(_wrap(self.metadata, options))

    async def create_batch(self, batch: Any) -> Any:
        """Create many instances, each tagged with the same metadata."""
        return await self._binding().create_batch(self._batch(batch))

    def _batch(self, batch: Any) -> Any:
        if not isinstance(batch, Mapping):
            return [_wrap(self.metadata, options) for options in batch] if isinstance(batch, list | tuple) else batch
        if isinstance(batch.get("instances"), list | tuple):
            return {**batch, "instances": [_wrap(self.metadata, options) for options in batch["instances"]]}
        return _wrap(self.metadata, batch) if "count" in batch else batch

    createBatch = create_batch

    async def get(self, id: str) -> Any:
        """Return the instance of this scope with that id."""
        return await self._binding().get(id)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._binding(), name)


def _dispatcher_binding_impl(get_binding: Callable[[], Any], metadata: Any) -> DispatcherBinding:
    return DispatcherBinding(get_binding, metadata)


class DynamicWorkflowBinding(DispatcherBinding):
    """The binding a tenant gets: ``binding_name`` is looked up on the dispatcher's env at every call.

    Raises:
        WorkflowError: at the call, when the dispatcher's env has no such binding.
    """

    def __init__(self, metadata: Any, *, binding_name: str = "WORKFLOWS", scope: str | None = None, env: Any = None):
        if env is None:
            env = current_env.get(None)
        if scope is None:
            scope = scope_of(metadata)

        def look_up() -> Any:
            binding = env.get(binding_name) if isinstance(env, Mapping) else getattr(env, binding_name, None)
            if binding is None:
                raise WorkflowError(
                    f'dynamic-workflows: no Workflow binding named "{binding_name}" found on env. '
                    "Make sure the dispatcher declares it in wrangler."
                )
            return binding

        super().__init__(look_up, metadata, scope)


def wrap_workflow_binding(
    metadata: Any, *, binding_name: str = "WORKFLOWS", scope: str | None = None, env: Any = None
) -> DynamicWorkflowBinding:
    """Return a workflow binding for one tenant, to put into that tenant's ``env``.

    Args:
        metadata: JSON-able; stored with every instance and given to load_runner. No secrets: tenants can read it.
        binding_name: the name of the real binding on the dispatcher's env.
        scope: instances are unique per (workflow, scope, id); defaults to ``metadata["tenantId"]``.
        env: the dispatcher's env; defaults to the env of the dispatcher code that is running.
    """
    return DynamicWorkflowBinding(metadata, binding_name=binding_name, scope=scope, env=env)


async def dispatch_workflow(context: Any, event: Mapping[str, Any], step: Any, load_runner: LoadRunner) -> Any:
    """Unwrap the metadata, load that tenant's runner, and hand ``run`` on. Errors propagate.

    Args:
        context: has ``env`` and ``ctx``, as a mapping or as attributes.

    Raises:
        MissingDispatcherMetadataError: the instance was not created through a wrapped binding.
    """
    payload = event["payload"]
    if not (isinstance(payload, Mapping) and METADATA in payload and PARAMS in payload):
        raise MissingDispatcherMetadataError()
    env, ctx = _member(context, "env"), _member(context, "ctx")
    inner = type(event)({**event, "payload": payload[PARAMS]}) if isinstance(event, dict) else {
        **event, "payload": payload[PARAMS],
    }  # fmt: skip
    token = current_env.set(env)
    try:
        runner = load_runner(LoadContext(payload[METADATA], env, ctx))
        if inspect.isawaitable(runner):
            runner = await runner
    finally:
        current_env.reset(token)
    result = runner.run(inner, step)
    return await result if inspect.isawaitable(result) else result


def _member(context: Any, name: str) -> Any:
    return context[name] if isinstance(context, Mapping) else getattr(context, name)


class Dispatching(WorkflowEntrypoint):
    """Host code that hands ``step`` on without using it; the engine runs it beside itself, not in a sandbox."""

    scheduled: Mapping[str, Any] | None = None  # the metadata of instances that a schedule creates


def create_dynamic_workflow_entrypoint(
    load_runner: LoadRunner, *, scheduled: Mapping[str, Any] | None = None
) -> type[WorkflowEntrypoint]:
    """Return the workflow class to bind: it loads a tenant's code afresh for every run of an instance.

    Args:
        scheduled: the metadata of instances that are created by ``bind(schedules=...)`` and not through a wrapped
            binding. They are in the scope of its ``tenantId``, like instances that this tenant creates.
    """
    metadata = scheduled

    class DynamicWorkflow(Dispatching):
        """Dispatches to the code of the tenant that created the instance."""

        scheduled = metadata

        async def run(self, event: Any, step: Any) -> Any:
            return await dispatch_workflow({"env": self.env, "ctx": self.ctx}, event, step, load_runner)

    return DynamicWorkflow

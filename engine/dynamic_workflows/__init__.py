"""Durable workflows whose code follows the tenant.

A workflow is ``async def run(self, event, step)``; each finished step is stored, so a run survives a crash.

    clock = SystemClock()
    async with Engine.open(
        sqlite_store("app.sqlite"), clock=clock, entropy=SystemEntropy(), sandboxes=InProcessSandboxes(clock)
    ) as engine:
        orders = engine.bind("order", Order)
        order = await orders.create({"params": {"item": "lamp"}})
        print(await order.status())
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dynamic_workflows.host.clocks import SystemClock, SystemEntropy
    from dynamic_workflows.host.desk.verbs import Desk
    from dynamic_workflows.host.dispatcher import (
        DynamicWorkflowBinding,
        create_dynamic_workflow_entrypoint,
        dispatch_workflow,
        wrap_workflow_binding,
    )
    from dynamic_workflows.host.engine import Engine, Limits
    from dynamic_workflows.host.history.sqlite import sqlite_store
    from dynamic_workflows.host.running.code import WorkerCode
    from dynamic_workflows.host.tenants.platform import Platform
    from dynamic_workflows.in_process import InProcessSandboxes
    from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint
    from dynamic_workflows.shared.errors import MissingDispatcherMetadataError, NonRetryableError, WorkflowError
    from dynamic_workflows.shared.http import Request, Response
    from dynamic_workflows.subprocesses import SubprocessSandboxes

__version__ = "0.1.0"
_HOMES = {
    "host.clocks": ("SystemClock", "SystemEntropy"),
    "host.running.code": ("WorkerCode",),
    "host.dispatcher": (
        "DynamicWorkflowBinding", "create_dynamic_workflow_entrypoint", "dispatch_workflow", "wrap_workflow_binding",
    ),
    "host.engine": ("Engine", "Limits"),
    "host.tenants.platform": ("Platform",),
    "host.history.sqlite": ("sqlite_store",),
    "host.desk.verbs": ("Desk",),
    "in_process": ("InProcessSandboxes",),
    "shared.entrypoints": ("WorkflowEntrypoint",),
    "shared.errors": ("MissingDispatcherMetadataError", "NonRetryableError", "WorkflowError"),
    "shared.http": ("Request", "Response"),
    "subprocesses": ("SubprocessSandboxes",),
}  # fmt: skip
__all__ = [  # noqa: RUF022 - by meaning
    "Engine", "Limits", "Platform", "Desk", "WorkflowEntrypoint", "WorkerCode", "sqlite_store", "InProcessSandboxes",
    "SubprocessSandboxes", "SystemClock", "SystemEntropy", "wrap_workflow_binding", "dispatch_workflow",
    "create_dynamic_workflow_entrypoint", "DynamicWorkflowBinding", "MissingDispatcherMetadataError",
    "NonRetryableError", "WorkflowError", "Request", "Response",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():  # on first use: a sandbox imports this package and has no host half
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Durable workflows whose code follows the tenant.

    store = sqlite_store("app.sqlite")
    platform = await Platform.open(store, clock=SystemClock(), entropy=SystemEntropy(),
                                   sandboxes=SubprocessSandboxes())
    desk = Desk(platform)

A workflow is ``async def run(self, event, step)``; each finished step is stored, so a run survives a crash.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dynamic_workflows.host.clocks import SystemClock, SystemEntropy
    from dynamic_workflows.host.engine import Engine, Limits
    from dynamic_workflows.host.loader import WorkerCode
    from dynamic_workflows.host.platform import Platform
    from dynamic_workflows.host.sqlite import sqlite_store
    from dynamic_workflows.host.verbs import Desk
    from dynamic_workflows.in_process import InProcessSandboxes
    from dynamic_workflows.subprocesses import SubprocessSandboxes

__version__ = "0.1.0"
_HOMES = {
    "Desk": "host.verbs", "Engine": "host.engine", "InProcessSandboxes": "in_process", "Limits": "host.engine",
    "Platform": "host.platform", "SystemClock": "host.clocks", "SystemEntropy": "host.clocks",
    "SubprocessSandboxes": "subprocesses", "WorkerCode": "host.loader", "sqlite_store": "host.sqlite",
}  # fmt: skip
__all__ = ["Desk", "Engine", "InProcessSandboxes", "Limits", "Platform", "SubprocessSandboxes", "SystemClock",
           "SystemEntropy", "WorkerCode", "sqlite_store"]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOMES:  # on first use: a sandbox imports this package and has no host half
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

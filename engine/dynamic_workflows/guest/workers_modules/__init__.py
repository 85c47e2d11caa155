"""The modules that tenant code imports and that are not its own: ``workers``, and ``pyodide.ffi`` on CPython."""

from __future__ import annotations

from types import ModuleType

from . import javascript, workers, workflows

MODULES: dict[str, ModuleType] = {"workers": workers, "workers.workflows": workflows, **javascript.modules()}

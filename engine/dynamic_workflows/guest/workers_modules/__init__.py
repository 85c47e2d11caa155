"""The modules ``workers`` and ``workers.workflows`` that tenant code imports."""

from __future__ import annotations

from types import ModuleType

from . import workers, workflows

MODULES: dict[str, ModuleType] = {"workers": workers, "workers.workflows": workflows}

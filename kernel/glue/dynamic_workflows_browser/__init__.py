"""The engine in a browser's worker: storage, clock and sandboxes of a tab, plugged into the engine's Protocols."""

from __future__ import annotations

from dynamic_workflows.host.history.schema import VERSION as NEWEST

from .start import Engine

__all__ = ["NEWEST", "Engine"]

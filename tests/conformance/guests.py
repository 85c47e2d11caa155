"""The guests that the suite runs over here. Those of a browser are in tests/browser_guests."""

from __future__ import annotations

import sys
from collections.abc import Callable

from dynamic_workflows.host.protocols import Clock, Sandboxes
from dynamic_workflows.in_process import InProcessSandboxes


def _in_process(clock: Clock) -> Sandboxes:
    """Guests that wait for the engine's word before each attempt."""
    return InProcessSandboxes(clock, effects="direct")


def _mediated(clock: Clock) -> Sandboxes:
    """Guests that go ahead, as those in a browser's frames do: nothing they do shows before the engine agreed."""
    return InProcessSandboxes(clock, effects="mediated")


GUESTS: dict[str, Callable[[Clock], Sandboxes]] = {"in process": _in_process, "mediated": _mediated}

if sys.platform != "emscripten":
    from dynamic_workflows.subprocesses import SubprocessSandboxes

    GUESTS["processes"] = lambda clock: SubprocessSandboxes()

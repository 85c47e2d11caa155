"""Completes the stand-in for tornado that JupyterLite's kernel has, by the one thing that Panel asks of it.

An update that Panel has for a page which has not yet opened its line to the kernel is sent later, by tornado's loop. In
JupyterLite there is none, and the update would be lost.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

NAME = "tornado.ioloop"


class IOLoop:
    """The running loop of asyncio, under the name that it has in tornado."""

    @staticmethod
    def current() -> IOLoop:
        """Return the loop."""
        return IOLoop()

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> asyncio.TimerHandle:
        """Call a function after so many seconds."""
        return asyncio.get_running_loop().call_later(delay, callback, *args)


def lend_loop() -> bool:
    """Let Panel find the loop where tornado is stood in for; return whether it is."""
    kernels = sys.modules.get("tornado")
    if kernels is None or kernels.__spec__ is not None or NAME in sys.modules:
        return False
    module = ModuleType(NAME, __doc__)
    vars(module)["IOLoop"] = IOLoop
    sys.modules[NAME] = module
    return True

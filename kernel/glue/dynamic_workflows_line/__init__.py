"""The line from Python in a worker of this site, such as a notebook's kernel, to the engine that a page of it hosts."""

from __future__ import annotations

from .client import Client, attach

__all__ = ["Client", "attach"]

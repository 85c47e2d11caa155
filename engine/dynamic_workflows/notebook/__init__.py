"""Durable workflows in a notebook.

    from dynamic_workflows.notebook import connect

    platform = await connect()
    order = await platform.run("acme", source, {"item": "lamp"})
    await order.result()

In a notebook of the site this attaches to the engine that the page hosts: runs survive the kernel, and the playground
shows them too. In Jupyter on CPython the same calls run over a SQLite file. ``%%workflow tenant=acme`` runs a cell.
"""

from __future__ import annotations

from .connection import Connection, connect
from .deployments import Deployment
from .errors import InstanceTerminated, NoEngine
from .instances import Instance
from .magic import load_ipython_extension, unload_ipython_extension

__all__ = [
    "Connection",
    "Deployment",
    "Instance",
    "InstanceTerminated",
    "NoEngine",
    "connect",
    "load_ipython_extension",
    "unload_ipython_extension",
]

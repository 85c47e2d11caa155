"""``from workers import …``: the names Cloudflare's Python Workers offer."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any, TypedDict

from dynamic_workflows.guest.env import CurrentEnv, ExecutionContext, patch_env, plain
from dynamic_workflows.guest.scope import SCOPE
from dynamic_workflows.guest.services import keep
from dynamic_workflows.shared.entrypoints import OUTBOUND, WorkerEntrypoint, WorkflowEntrypoint
from dynamic_workflows.shared.errors import NotAvailableError, OutboundNotPermitted
from dynamic_workflows.shared.http import Body, Headers, Request, Response

from . import workflows

__all__ = [
    "Blob",
    "Body",
    "Context",
    "DurableObject",
    "FetchKwargs",
    "FetchResponse",
    "File",
    "FormData",
    "Headers",
    "Request",
    "Response",
    "WorkerEntrypoint",
    "WorkflowEntrypoint",
    "env",
    "fetch",
    "handler",
    "import_from_javascript",
    "patch_env",
    "python_from_rpc",
    "python_to_rpc",
    "waitUntil",
    "wait_until",
    "workflows",
]

env = CurrentEnv()
Context = ExecutionContext
FetchResponse = Response


class FetchKwargs(TypedDict, total=False):
    """The options of ``fetch`` that mean something here."""

    method: str
    headers: Any
    body: Body


def waitUntil(awaitable: Awaitable[Any]) -> None:  # noqa: N802 - the platform's name
    """Keep something running beside the answer, for 30 seconds at most, or as long as the run lasts."""
    keep(awaitable)


wait_until = waitUntil


async def fetch(resource: str | Request, **options: Any) -> Response:
    """Send a request through the gateway the platform gave this code.

    Raises:
        OutboundNotPermitted: it gave none.
    """
    scope = SCOPE.get()
    if scope is None or scope.guest.env is None or not scope.guest.env._outbound:
        raise OutboundNotPermitted()
    response: Response = await scope.guest.call(OUTBOUND, "fetch", (Request(resource, **plain(options)),), {})
    return response


def handler(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a module-level handler such as ``on_fetch(request, env, ctx)``; it works without the mark too."""

    @functools.wraps(function)
    def handle(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return handle


def python_from_rpc(value: Any) -> Any:
    """Return what a call answered as Python values, which it is already here."""
    return plain(value)


def python_to_rpc(value: Any) -> Any:
    """Return a value for a call or a workflow's result; everything that may travel does so as it is.

    Raises:
        TypeError: it holds a tuple, a bytearray or something to be awaited, which Cloudflare refuses.
    """
    if isinstance(value, tuple | bytearray):
        raise TypeError(f"{type(value)} cannot be sent over RPC.")
    if inspect.isawaitable(value):
        raise TypeError(f"Awaitable {type(value)} cannot be sent over RPC.")
    for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | set) else ():
        python_to_rpc(part)
    return value


def import_from_javascript(name: str) -> Any:
    """Return what Python code uses of the module ``cloudflare:workers``.

    Raises:
        ImportError: any other module: there is no JavaScript in a sandbox.
    """
    if name == "cloudflare:workers":
        return SimpleNamespace(env=env, waitUntil=waitUntil)
    raise ImportError(f"There is no JavaScript module {name!r} here: a sandbox runs Python only.", name=name)


class _Missing:
    """A class of the platform that is here for ``import`` and annotations; making one says that it is missing."""

    _instead = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        name = next(kind.__name__ for kind in type(self).__mro__ if kind.__module__ == __name__)
        raise NotAvailableError(name, self._instead)


class DurableObject(_Missing):
    """Refuses to be used: there are no Durable Objects here."""


class Blob(_Missing):
    """Refuses to be used."""

    _instead = "Use bytes."


class File(_Missing):
    """Refuses to be used."""

    _instead = "Use bytes."


class FormData(_Missing):
    """Refuses to be used."""

    _instead = "Send the form as text, with urllib.parse.urlencode."

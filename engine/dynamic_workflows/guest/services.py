"""Answers calls of a worker's own services."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from dynamic_workflows.shared.errors import WorkflowError
from dynamic_workflows.shared.values import decode, encode

from .env import Env, ExecutionContext
from .workers_modules.http import Request, Response


async def answer(kind: type, env: Env | None, message: Mapping[str, Any]) -> str:
    """Call a method of a WorkerEntrypoint class and return the wire text of what it answers."""
    method = message["method"]
    args, kwargs = decode(message["args"], attributes=True), decode(message["kwargs"], attributes=True)
    function = None if method.startswith("_") else getattr(kind, method, None)
    if not callable(function):
        raise WorkflowError(f"{kind.__name__} has no method {method!r}.")
    bound = getattr(kind(ExecutionContext(decode(message["props"], attributes=True)), env), method)
    if method == "fetch":
        args = [_request(argument) for argument in args]
    result = bound(*args, **kwargs)
    if inspect.isawaitable(result):
        result = await result
    return encode(await _plain(result) if isinstance(result, Response) else result)


def _request(argument: Any) -> Any:
    if isinstance(argument, str):
        return Request(argument)
    if isinstance(argument, Mapping) and "url" in argument:
        body = argument.get("body")
        return Request(argument["url"], argument.get("method", "GET"), headers=argument.get("headers"), body=body)
    return argument


async def _plain(response: Response) -> dict[str, Any]:
    body = await response.bytes()
    return {"status": response.status, "headers": dict(response.headers), "body": body}

"""``from workers import …``: the names Cloudflare's Python Workers offer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from dynamic_workflows.guest.env import CurrentEnv
from dynamic_workflows.shared.entrypoints import WorkerEntrypoint, WorkflowEntrypoint
from dynamic_workflows.shared.errors import NotAvailableError

from . import workflows
from .http import Request, Response

__all__ = [
    "DurableObject",
    "Request",
    "Response",
    "WorkerEntrypoint",
    "WorkflowEntrypoint",
    "env",
    "fetch",
    "handler",
    "waitUntil",
    "wait_until",
    "workflows",
]

env = CurrentEnv()


def waitUntil(awaitable: Awaitable[Any]) -> None:  # noqa: N802 - the platform's name
    """Keep something running beside the answer, as long as the run or the worker lives."""
    asyncio.ensure_future(awaitable)  # noqa: RUF006 - the run holds its tasks


wait_until = waitUntil


async def fetch(*args: Any, **kwargs: Any) -> NoReturn:
    """Refuse: a sandbox has no network; call a binding of ``env`` instead."""
    raise NotAvailableError("fetch() from a sandbox")


class DurableObject:
    """Refuses to be used: there are no Durable Objects here."""

    def __init__(self, ctx: Any, env: Any) -> None:
        raise NotAvailableError("DurableObject")


def handler(function: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse when the decorated function is called: write ``class Default(WorkerEntrypoint)`` instead."""

    async def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotAvailableError("The @handler form of a worker")

    return refuse

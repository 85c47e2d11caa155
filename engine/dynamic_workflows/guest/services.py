"""Calls of a worker's own services: its classes, its module-level handlers, and what waitUntil leaves behind."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Mapping
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from dynamic_workflows.shared.entrypoints import WorkerEntrypoint, WorkflowEntrypoint
from dynamic_workflows.shared.errors import PayloadTooLarge, WorkflowError, record_of
from dynamic_workflows.shared.http import Request, Response
from dynamic_workflows.shared.limits import ANSWER_TEXT
from dynamic_workflows.shared.values import decode, encode, size

from .env import ExecutionContext
from .scope import SCOPE, Scope

if TYPE_CHECKING:
    from .worker import Guest

HANDLERS = ("fetch", "scheduled", "queue", "email", "tail", "trace")  # may be functions: on_fetch(request, env, ctx)


class Services:
    """Answers ``invoke`` messages."""

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        self._open: dict[int, Scope] = {}

    def invoke(self, message: Mapping[str, Any]) -> None:
        """Begin a call in a task of its own."""
        scope = self._open[message["n"]] = Scope(self._guest, asked=message["n"])
        context = copy_context()
        context.run(SCOPE.set, scope)
        self._guest.loop.create_task(self._serve(scope, message), context=context)

    def end(self, number: int) -> None:
        """Drop what a call has left running."""
        scope = self._open.pop(number, None)
        if scope is not None:
            scope.stale = True
            for task in scope.pending:
                task.cancel()
            self._guest.blocking.give_up()

    async def _serve(self, scope: Scope, message: Mapping[str, Any]) -> None:
        say, output = self._guest.outbox.say, self._guest.output
        try:
            args, kwargs, props = (decode(message[part], attributes=True) for part in ("args", "kwargs", "props"))
            value = await answer(self._guest, message["entrypoint"], message["method"], args, kwargs, props)
            reply: dict[str, Any] = {"value": value}
        except BaseException as error:
            reply = {"error": record_of(error, traceback=self._guest.traceback(error))}
        output.end_line(scope)
        say({"k": "returned", "re": scope.asked, **reply})
        await self._rest(scope)
        output.end_line(scope)
        if self._open.pop(message["n"], None) is not None:
            say({"k": "done", "re": scope.asked})

    async def _rest(self, scope: Scope) -> None:
        for task in scope.pending:  # which may grow meanwhile
            try:
                await task
            except BaseException as error:
                text = self._guest.traceback(error)
                self._guest.output.line(scope, "error", f"What waitUntil was given failed.\n{text}")


async def answer(
    guest: Guest, name: str | None, method: str, args: list[Any], kwargs: Mapping[str, Any], props: Any
) -> str:
    """Call a method of one of a worker's classes and return the wire text of what it answers.

    Raises:
        WorkflowError: there is no such class or method.
        PayloadTooLarge, NotSerialisable: the answer cannot travel.
    """
    function = _function(guest, name or "Default", method, ExecutionContext(guest, props))
    if method == "fetch":
        args = [_request(argument) for argument in args]
    result = function(*args, **kwargs)
    if inspect.isawaitable(result):
        result = await result
    if method == "fetch" and not isinstance(result, Response):
        raise TypeError(f"fetch must return a Response, not {type(result).__name__}.")
    text = encode(result, call=True)
    if len(text) > ANSWER_TEXT:
        raise PayloadTooLarge(f"What {method}() returned", size(text))
    return text


def _function(guest: Guest, name: str, method: str, context: ExecutionContext) -> Callable[..., Any]:
    kind = guest.entrypoint(name)
    if kind is None and name == "Default" and method in guest.handlers:
        return _with_surroundings(guest.handlers[method], guest.env, context)
    if kind is None or not issubclass(kind, WorkerEntrypoint):
        raise WorkflowError(f"There is no worker class {name!r} in this worker.")
    for attribute in (method, f"on_{method}" if method in HANDLERS else method):
        if not attribute.startswith("_") and callable(getattr(kind, attribute, None)):
            bound: Callable[..., Any] = getattr(kind(context, guest.env), attribute)
            return bound
    raise WorkflowError(f"{name} has no method {method!r}.")


def _with_surroundings(function: Callable[..., Any], env: Any, context: ExecutionContext) -> Callable[..., Any]:
    """Return a handler function that is given env and ctx too, as many of them as it takes."""
    kinds = [parameter.kind for parameter in inspect.signature(function).parameters.values()]
    most = (
        3
        if inspect.Parameter.VAR_POSITIONAL in kinds
        else sum(kind < inspect.Parameter.VAR_POSITIONAL for kind in kinds)
    )

    def call(*args: Any) -> Any:
        return function(*(*args, env, context)[:most])

    return call


def _request(argument: Any) -> Any:
    if isinstance(argument, str):
        return Request(argument)
    if isinstance(argument, Mapping) and "url" in argument:
        return Request(argument["url"], **{name: value for name, value in argument.items() if name != "url"})
    return argument


class Exports:
    """``ctx.exports``: the worker's own classes, each called with ``props`` or used as it is."""

    def __init__(self, guest: Guest) -> None:
        self.__dict__["_guest"] = guest

    def __getattr__(self, name: str) -> Export:
        guest: Guest = self.__dict__["_guest"]
        name = "Default" if name == "default" else name
        kind = guest.entrypoint(name)
        if kind is not None and issubclass(kind, WorkflowEntrypoint):
            raise AttributeError(f"{name} is a workflow: create its instances with a workflow binding of env.")
        if kind is None and not (name == "Default" and guest.handlers):
            raise AttributeError(f"This worker exports no {name!r}.", name=name, obj=self)
        return Export(guest, name, None)


class Export:
    """One of the worker's own classes, to be called like another worker's."""

    def __init__(self, guest: Guest, name: str, props: Any) -> None:
        self._guest, self._name, self._props = guest, name, props

    def __call__(self, options: Mapping[str, Any] | None = None, *, props: Any = None) -> Export:
        """Return the class with props."""
        return Export(self._guest, self._name, (options or {}).get("props", props))

    def __getattr__(self, method: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        if method.startswith("_"):
            raise AttributeError(method)

        async def call(*args: Any, **kwargs: Any) -> Any:
            sent = [decode(encode(part, call=True), attributes=True) for part in (list(args), kwargs, self._props)]
            text = await answer(self._guest, self._name, method, *sent)
            return decode(text, attributes=True)

        return call


def keep(awaitable: Any) -> None:
    """Keep something running beside the answer: a request ends when it has, a run holds its tasks itself."""
    task = asyncio.ensure_future(awaitable)
    scope = SCOPE.get()
    if scope is not None and scope.asked is not None:
        scope.pending.append(task)

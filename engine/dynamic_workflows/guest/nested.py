"""``env.LOADER`` in tenant code: stubs of workers that it loads itself."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from dynamic_workflows.shared.http import Request

if TYPE_CHECKING:
    from .worker import Guest

GetCode = Callable[[], Any]
_numbers = itertools.count(1)


class LoaderBinding:
    """Loads code: ``load(code)`` a fresh worker, ``get(id, callback)`` the one of that id."""

    def __init__(self, guest: Guest, name: str) -> None:
        self._guest, self._name = guest, name

    def load(self, code: Mapping[str, Any]) -> Child:
        """Return a stub of a fresh worker."""
        return self.get(None, lambda: code)

    def get(self, id: str | None, callback: GetCode) -> Child:
        """Return a stub at once; ``callback``, async or not, is asked for the code when that worker is not running."""
        return Child(self._guest, self._name, {"id": id, "number": next(_numbers)}, callback)

    def __repr__(self) -> str:
        return f"<loader {self._name}>"


class Child:
    """A worker that this one loads."""

    def __init__(self, guest: Guest, loader: str, which: Mapping[str, Any], callback: GetCode) -> None:
        self._guest, self._loader, self._which, self._callback = guest, loader, which, callback

    def get_entrypoint(
        self,
        name: str | Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        *,
        props: Any = None,
        limits: Mapping[str, int] | None = None,
    ) -> ChildEntrypoint:
        """Return a stub of one of its classes, the default one unless named."""
        if isinstance(name, Mapping):
            name, options = None, name
        which = {**self._which, "entrypoint": name, "props": props, "limits": limits, **(options or {})}
        return ChildEntrypoint(self, which)

    getEntrypoint = get_entrypoint

    async def _ask(self, which: Mapping[str, Any], args: list[Any], kwargs: Mapping[str, Any]) -> Any:
        first = [part.clone() if isinstance(part, Request) else part for part in args]  # a body is sent once
        answer = await self._guest.call(self._loader, "call", (which, first, kwargs), {})
        if "need" in answer:
            code = self._callback()
            if inspect.isawaitable(code):
                code = await code
            whole = {**which, "code": _with_names(code)}
            answer = await self._guest.call(self._loader, "call", (whole, args, kwargs), {})
        return answer["value"]


class ChildEntrypoint:
    """One class of a child: any public method by call."""

    def __init__(self, child: Child, which: Mapping[str, Any]) -> None:
        self._child, self._which = child, which

    async def fetch(self, request: Any, **options: Any) -> Any:
        """Send a request, or an address, to the class and return its response."""
        return await self._child._ask({**self._which, "method": "fetch"}, [Request(request, **options)], {})

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        if method.startswith("_"):
            raise AttributeError(method)

        def call(*args: Any, **kwargs: Any) -> Awaitable[Any]:
            return self._child._ask({**self._which, "method": method}, list(args), kwargs)

        return call


def _with_names(code: Any) -> Any:
    """Return WorkerCode with the bindings it passes on replaced by their names in this worker's own env."""
    if not isinstance(code, Mapping):
        return code
    return {field: _named(value, 1) for field, value in code.items()}


def _named(value: Any, depth: int) -> Any:
    from .env import ServiceBinding

    if isinstance(value, ServiceBinding | LoaderBinding):
        return {"$binding": value._name}
    if depth and isinstance(value, Mapping):
        return {name: _named(part, 0) for name, part in value.items()}
    if depth and isinstance(value, list | tuple):
        return [_named(part, 0) for part in value]
    return value

"""The Worker Loader: code in hand becomes a running worker, found again by its id (semantics D)."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from dynamic_workflows.host.running import invocations, nested
from dynamic_workflows.host.running.code import Binding, InvocationLimits, WorkerCode
from dynamic_workflows.shared.errors import LoaderError, NotAvailableError
from dynamic_workflows.shared.http import Request
from dynamic_workflows.shared.limits import LOADER_ID_LENGTH, ROOM_MS

if TYPE_CHECKING:
    from dynamic_workflows.host.running.calls import Call
    from dynamic_workflows.host.running.worker import Worker
    from dynamic_workflows.host.running.workers import Workers

__all__ = ["Binding", "EntrypointStub", "Loader", "WorkerCode", "WorkerStub"]

GetCode = Callable[[], "WorkerCode | Mapping[str, Any] | Awaitable[WorkerCode | Mapping[str, Any]]"]


class Loader:
    """Turns ids and code into workers. The same id is the same worker; the platform's ids are content hashes.

    In a worker's ``env`` it lets that worker's code load children, and pass its own bindings on to them.

    Args:
        name: tells this loader's ids from those of others; two loaders of one name share their workers, and one
            without a name shares with none.
        experimental: whether code may ask for ``allow_experimental``.
    """

    kind = "loader"

    def __init__(self, workers: Workers, name: str | None = None, *, experimental: bool = False) -> None:
        self._workers, self._experimental = workers, experimental
        self._prefix = f"loader {workers.number()}\0" if name is None else f"{name}\0" if name else ""

    def load(self, code: WorkerCode | Mapping[str, Any]) -> WorkerStub:
        """Return a stub for a fresh unnamed worker; the code is checked at once.

        Raises:
            LoaderError, NotAvailableError: the code breaks a rule.
        """
        fixed = self._checked(code)
        return self.get(None, lambda: fixed)

    def get(self, id: str | None, callback: GetCode) -> WorkerStub:
        """Return a stub at once; ``callback`` is asked for the code whenever the worker is not running.

        It must always answer the same for one id: what runs already is never compared with it.
        """
        if id is None:
            return self.stub(f"unnamed\0{self._workers.number()}", callback)
        if not isinstance(id, str) or "\0" in id or not 0 < len(id) <= LOADER_ID_LENGTH:
            raise LoaderError(f"Loader id {id!r:.120} is not text of 1 to {LOADER_ID_LENGTH} characters.")
        return self.stub(self._prefix + id, callback)

    def stub(self, whole_id: str, callback: GetCode) -> WorkerStub:
        """Return a stub of a worker by its id among all workers."""
        return WorkerStub(self._workers, whole_id, callback, self._checked)

    async def serve(self, call: Call) -> dict[str, Any]:
        """Carry out what tenant code asks of ``env.LOADER``."""
        return await nested.serve(self, call)

    def _checked(self, code: WorkerCode | Mapping[str, Any]) -> WorkerCode:
        checked = WorkerCode.of(code)
        if checked.allow_experimental and not self._experimental:
            raise LoaderError(
                "'allowExperimental' is only allowed when the calling worker has the 'experimental' compat flag set."
            )
        return checked


class WorkerStub:
    """A worker by id. It survives eviction: the next use loads the code again."""

    def __init__(
        self, workers: Workers, loader_id: str, callback: GetCode, check: Callable[[Any], WorkerCode] = WorkerCode.of
    ) -> None:
        self._workers, self.loader_id, self._callback, self._check = workers, loader_id, callback, check

    def get_entrypoint(
        self,
        name: str | Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        *,
        props: Any = None,
        limits: Mapping[str, Any] | InvocationLimits | None = None,
    ) -> EntrypointStub:
        """Return a stub of one of the worker's classes; None and ``"default"`` mean the default one.

        Args:
            options: ``{"props"?, "limits"?}``, as JavaScript writes them.
            props: what the class sees as ``self.ctx.props``; nobody else sees it.
            limits: ``{"cpuMs"?, "subRequests"?}``; the lower of these and the worker's own count.

        Raises:
            LoaderError: the options or limits break a rule.
        """
        if isinstance(name, Mapping):
            name, options = None, name
        given = {"props": props, "limits": limits, **(options or {})}
        if len(given) > 2:
            raise LoaderError(f"get_entrypoint takes props and limits, not {', '.join(sorted(options or {}))}.")
        return EntrypointStub(
            self, None if name == "default" else name, given["props"], InvocationLimits.of(given["limits"])
        )

    getEntrypoint = get_entrypoint

    def get_durable_object_class(self, name: str | None = None, options: Any = None, **more: Any) -> NoReturn:
        """Refuse.

        Raises:
            NotAvailableError: there are no Durable Objects here.
        """
        raise NotAvailableError(
            "get_durable_object_class()", "There are no Durable Objects here, so a worker has no class for facets."
        )

    getDurableObjectClass = get_durable_object_class

    async def worker(self, *, patience: int | None = None) -> Worker:
        """Return the running worker, loaded now when it is not running.

        Args:
            patience: how many milliseconds to wait when all sandboxes are busy; None waits for ever.

        Raises:
            CodeError: the code does not load. Exceptions of the callback propagate.
            SandboxUnavailable: no sandbox can be had.
        """
        running = self._workers.find(self.loader_id)
        if running is not None:
            return await self._workers.get(self.loader_id, running.code, patience=patience)
        code = self._callback()
        if inspect.isawaitable(code):
            code = await code
        return await self._workers.get(self.loader_id, self._check(code), patience=patience)


class EntrypointStub:
    """One class of a worker: ``run`` for a workflow, any other public method by call.

    As a value in another worker's ``env`` it is a service binding: its methods, and nothing else of it.
    """

    kind = "service"

    def __init__(self, stub: WorkerStub, name: str | None, props: Any, limits: InvocationLimits | None = None) -> None:
        self._stub, self._name, self._props = stub, name, props
        self._limits = limits or InvocationLimits()

    async def run(self, event: Any, step: Any) -> Any:
        """Run the workflow class for the instance that ``step`` stands for, and return what its ``run`` returned."""
        if not hasattr(type(step), "activate"):
            return await self._call("run", [event, step], {})
        worker = await self._stub.worker()
        name = worker.entrypoint(self._name)
        return await step.activate(worker, name, event, props=self._props, limits=self._limits)

    async def fetch(self, request: Request | str | Mapping[str, Any], **options: Any) -> Any:
        """Send a request, an address or a mapping with ``url`` to the class and return its response."""
        given: dict[str, Any] = dict(request) if isinstance(request, Mapping) else {"input": request}
        if "url" in given:
            given["input"] = given.pop("url")
        return await self._call("fetch", [Request(**{**given, **options})], {})

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        if method.startswith("_"):
            raise AttributeError(method)

        async def ask(*args: Any, **kwargs: Any) -> Any:
            return await self._call(method, list(args), kwargs)

        return ask

    async def _call(self, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        worker = await self._stub.worker(patience=ROOM_MS)
        allowed = worker.limits.lower(self._limits)
        return await invocations.call(worker, self._name, method, args, kwargs, self._props, allowed)

"""``env``: what the host bound for this worker, as objects that post calls and await their results."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dynamic_workflows.shared.entrypoints import OUTBOUND
from dynamic_workflows.shared.errors import InstanceNotFound, NotAvailableError
from dynamic_workflows.shared.values import AttributeDict, decode

from .nested import LoaderBinding
from .scope import SCOPE

if TYPE_CHECKING:
    from .worker import Guest


class Env:
    """The bindings of a worker, by attribute or key."""

    def __init__(self, guest: Guest, bindings: Mapping[str, Mapping[str, Any]]) -> None:
        own = {name: _binding(guest, name, spec) for name, spec in bindings.items() if name != OUTBOUND}
        self.__dict__.update(_bindings=own, _outbound=OUTBOUND in bindings)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._bindings[name]
        except KeyError:
            bound = ", ".join(self._bindings) or "none"
            raise AttributeError(f"env has no binding {name!r}; there are: {bound}.", name=name, obj=self) from None

    def __getitem__(self, name: str) -> Any:
        return self._bindings[name]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("env cannot be changed: its bindings are the host's.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._bindings)

    def __contains__(self, name: object) -> bool:
        return name in self._bindings

    def __dir__(self) -> list[str]:
        return [*self._bindings]

    def __repr__(self) -> str:
        return f"<env {', '.join(self._bindings)}>"


def _binding(guest: Guest, name: str, spec: Mapping[str, Any]) -> Any:
    if spec["kind"] == "value":
        return decode(spec["value"], attributes=True)
    if spec["kind"] == "loader":
        return LoaderBinding(guest, name)
    return WorkflowBinding(guest, name) if spec["kind"] == "workflow" else ServiceBinding(guest, name)


class ServiceBinding:
    """Something the host offers: any method may be called, with any values."""

    def __init__(self, guest: Guest, name: str) -> None:
        self._guest = guest
        self._name = name

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        if method.startswith("_"):
            raise AttributeError(method)
        guest, name = self._guest, self._name

        def call(*args: Any, **kwargs: Any) -> Awaitable[Any]:
            return guest.call(name, method, args, kwargs)

        call.__name__ = call.__qualname__ = method
        return call

    def __repr__(self) -> str:
        return f"<binding {self._name}>"


_ALIASES = {
    "createBatch": "create_batch",
    "deleteBatch": "delete_batch",
    "sendEvent": "send_event",
    "waitForStatus": "wait_for_status",
}


class WorkflowBinding(ServiceBinding):
    """A workflow: ``create``, ``create_batch`` and ``get`` answer instances."""

    async def create(self, options: Mapping[str, Any] | None = None, **named: Any) -> WorkflowInstance:
        """Create an instance; ``id`` and ``params`` may be given by name too."""
        options = plain(options)
        if options is None or isinstance(options, Mapping):
            options = {**(options or {}), **named}
        return self._instance(await self._guest.call(self._name, "create", (options,), {}))

    async def create_batch(self, batch: Any) -> Any:
        """Create several instances and answer them in order; asked with a dict, also what became of the rest."""
        batch = plain(batch)
        made = await self._guest.call(self._name, "create_batch", (batch,), {})
        if isinstance(made, Mapping):
            return AttributeDict({**made, "created": [self._instance(one) for one in made["created"]]})
        return [self._instance(one) for one in made]

    async def get(self, id: str) -> WorkflowInstance:
        """Answer the instance of an id."""
        return self._instance(await self._guest.call(self._name, "get", (id,), {}))

    def _instance(self, answer: Any) -> WorkflowInstance:
        id = answer["id"] if isinstance(answer, Mapping) else answer
        return WorkflowInstance(self._guest, self._name, id)

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        if method == "createBatch":
            return self.create_batch
        return super().__getattr__(_ALIASES.get(method, method))


class InstanceId(str):
    """An instance's id: text that may be awaited too, as it must be where the binding is another worker's."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, Any, str]:
        return _given(str(self)).__await__()


async def _given(value: str) -> str:
    return value


class WorkflowInstance:
    """An instance of a workflow; its methods are calls of the binding."""

    def __init__(self, guest: Guest, binding: str, id: str) -> None:
        self.id = InstanceId(id)
        self._guest = guest
        self._binding = binding

    def subscribe(self, options: Mapping[str, Any] | None = None) -> Subscription:
        """Return this instance's events: those there are, then each as it happens."""
        return Subscription(self._guest, self._binding, self.id, plain(options))

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        if method.startswith("_"):
            raise AttributeError(method)
        guest, binding, id = self._guest, self._binding, self.id
        name = f"instance.{_ALIASES.get(method, method)}"

        def call(*args: Any, **kwargs: Any) -> Awaitable[Any]:
            return guest.call(binding, name, (id, *args), kwargs)

        call.__name__ = call.__qualname__ = method
        return call

    def __repr__(self) -> str:
        return f"<instance {self.id} of {self._binding}>"


class Subscription:
    """The events of one instance: ``async for``, or ``next()`` with ``{"value", "done"}``. ``await`` gives itself.

    It holds nothing but how far it has come. Like every call of ``env``, each question belongs to the run or step that
    asks it.
    """

    def __init__(self, guest: Guest, binding: str, id: str, options: Mapping[str, Any] | None) -> None:
        self._guest, self._binding, self._id = guest, binding, id
        self._options: Any = options
        self._ready: deque[Any] = deque()
        self._begun = self._done = False

    async def next(self) -> dict[str, Any]:
        """Answer the next event, or that there is no more."""
        while not self._ready and not self._done:
            try:
                answer = await self._guest.call(self._binding, "instance.events", (self._id, self._options), {})
            except InstanceNotFound:
                if not self._begun:
                    raise
                break  # it was deleted
            self._options = {**(self._options or {}), "cursor": answer["cursor"]}
            self._begun, self._done = True, answer["done"]
            self._ready.extend(answer["events"])
        if self._ready:
            return AttributeDict({"value": self._ready.popleft(), "done": False})
        self._done = True
        return AttributeDict({"value": None, "done": True})

    def __await__(self) -> Generator[Any, None, Subscription]:
        return self._itself().__await__()

    async def _itself(self) -> Subscription:
        return self

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Any:
        answer = await self.next()
        if answer["done"]:
            raise StopAsyncIteration
        return answer["value"]


class CurrentEnv:
    """``from workers import env``: the env of whichever worker's code asks."""

    def __getattr__(self, name: str) -> Any:
        patched = _PATCHED.get()
        return patched[name] if name in patched else getattr(_current(), name)

    def __getitem__(self, name: str) -> Any:
        patched = _PATCHED.get()
        return patched[name] if name in patched else _current()[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**_PATCHED.get(), **dict.fromkeys(_current())})

    def __contains__(self, name: object) -> bool:
        return name in _PATCHED.get() or name in _current()

    def __repr__(self) -> str:
        return repr(_current())


_PATCHED: ContextVar[Mapping[str, Any]] = ContextVar("patched_env", default=MappingProxyType({}))


@contextmanager
def patch_env(values: Mapping[str, Any] | None = None, **named: Any) -> Iterator[None]:
    """Let ``from workers import env`` have other values inside a ``with``, for this task."""
    token = _PATCHED.set({**_PATCHED.get(), **(values or {}), **named})
    try:
        yield
    finally:
        _PATCHED.reset(token)


def _current() -> Env:
    scope = SCOPE.get()
    if scope is None or scope.guest.env is None:
        raise NotAvailableError("env outside a worker's code")
    return scope.guest.env


class ExecutionContext:
    """``self.ctx``: what a worker may ask of its surroundings."""

    def __init__(self, guest: Guest | None = None, props: Any = None) -> None:
        self.props = {} if props is None else props
        self._guest = guest

    @property
    def exports(self) -> Any:
        """The worker's own classes, to call them or hand them props."""
        from .services import Exports

        return Exports(self._guest) if self._guest is not None else None

    def wait_until(self, awaitable: Awaitable[Any]) -> None:
        """Keep something running beside the answer, for 30 seconds at most, or as long as the run lasts."""
        from .services import keep

        keep(awaitable)

    waitUntil = wait_until

    def pass_through_on_exception(self) -> None:
        """Do nothing: there is no origin to pass to."""

    passThroughOnException = pass_through_on_exception


def plain(value: Any) -> Any:
    """Return a value with what ``to_js`` made of its parts turned back: the way out of a worker is Python's."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if type(value) is dict:
        return {key: plain(item) for key, item in value.items()}
    if type(value).__name__ == "JsNull":
        return None
    return plain(value.to_py()) if hasattr(type(value), "to_py") else value  # by its class: a stub has every name

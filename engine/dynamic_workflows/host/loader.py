"""The Worker Loader: code in hand becomes a running worker, found again by its id (semantics D)."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from dynamic_workflows.shared import limits, values
from dynamic_workflows.shared.errors import LoaderError, NotAvailableError, WorkflowError, exception_from

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import StepToken
    from dynamic_workflows.host.workers import Worker, Workers

MODULE_KINDS = ("js", "cjs", "py", "text", "data", "json", "wasm")
GetCode = Callable[[], "WorkerCode | Mapping[str, Any] | Awaitable[WorkerCode | Mapping[str, Any]]"]
FIELDS = {
    "compatibilityDate": "compatibility_date", "compatibilityFlags": "compatibility_flags",
    "mainModule": "main_module", "modules": "modules", "env": "env", "globalOutbound": "global_outbound",
    "allowExperimental": "allow_experimental", "tails": "tails", "streamingTails": "streaming_tails",
    "limits": "limits",
}  # fmt: skip


@runtime_checkable
class Binding(Protocol):
    """A host-side object that tenant code reaches as ``env.<name>``; ``kind`` selects the stub it sees there."""

    kind: str


@dataclass(frozen=True, slots=True)
class WorkerCode:
    """The code of one worker and what it may reach. Fields as in Cloudflare's WorkerCode.

    ``modules`` maps names to Python source (``.py``), to text, or to an object with exactly one of the module kinds.
    ``env`` maps names to bindings and to plain values. There is no network but through bindings.

    Raises:
        LoaderError: a field breaks its rule.
        NotAvailableError: a field is not supported in this release.
    """

    main_module: str
    modules: Mapping[str, Any]
    compatibility_date: str = "2026-11-01"
    compatibility_flags: tuple[str, ...] = ()
    env: Mapping[str, Any] = field(default_factory=dict)
    global_outbound: None = None
    allow_experimental: bool = False
    tails: tuple[Any, ...] = ()
    streaming_tails: tuple[Any, ...] = ()
    limits: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        if not self.modules:
            raise LoaderError("Dynamic Worker code must contain at least one module.")
        if self.main_module not in self.modules:
            raise LoaderError(f"mainModule {self.main_module!r} is not one of the modules.")
        if not self.main_module.endswith(".py"):
            raise LoaderError(f"mainModule {self.main_module!r} is not a Python module: its name must end in .py.")
        for option in ("allow_experimental", "tails", "streaming_tails", "limits", "global_outbound"):
            if getattr(self, option):
                raise NotAvailableError(f"WorkerCode.{option}")
        size = sum(len(text.encode()) for text in self.sources().values())
        if size > limits.CODE_BYTES:
            raise LoaderError(
                f"Dynamic Worker code size ({size} bytes) exceeds "
                f"the maximum allowed size of {limits.CODE_BYTES} bytes."
            )
        size = sum(len(values.encode(value)) for value in self.env.values() if not isinstance(value, Binding))
        if size > limits.ENV_BYTES:
            raise LoaderError(
                f"Dynamic Worker env size ({size} bytes) exceeds the maximum allowed size of {limits.ENV_BYTES} bytes."
            )

    @classmethod
    def of(cls, code: WorkerCode | Mapping[str, Any]) -> WorkerCode:
        """Return ``code`` itself, or make it of a mapping with Cloudflare's camelCase fields.

        Raises:
            LoaderError: a field is unknown or missing.
        """
        if isinstance(code, cls):
            return code
        if not isinstance(code, Mapping):
            raise LoaderError(f"WorkerCode is a mapping, not {type(code).__name__}.")
        unknown = [name for name in code if name not in FIELDS]
        if unknown:
            raise LoaderError(f"WorkerCode has no field {unknown[0]!r}.")
        for name in ("compatibilityDate", "mainModule", "modules"):
            if name not in code:
                raise LoaderError(f"WorkerCode needs {name!r}.")
        return cls(**{FIELDS[name]: value for name, value in code.items()})

    def sources(self) -> dict[str, str]:
        """Return the modules as text by name."""
        return {name: _source(name, module) for name, module in self.modules.items()}

    def bindings(self) -> dict[str, Any]:
        """Return the host-side objects of ``env``."""
        return {name: value for name, value in self.env.items() if isinstance(value, Binding)}

    def load_message(self, loader_id: str) -> dict[str, Any]:
        """Return the message that loads this code into a guest."""
        env = {
            name: {"kind": value.kind}
            if isinstance(value, Binding)
            else {"kind": "value", "value": values.encode(value)}
            for name, value in self.env.items()
        }
        return {"k": "load", "id": loader_id, "main": self.main_module, "modules": self.sources(), "env": env}


def _source(name: str, module: Any) -> str:
    if isinstance(module, str):
        if name.endswith(".py") or name.startswith("python_modules/"):
            return module
        if name.endswith((".ts", ".tsx", ".jsx")):
            raise LoaderError(f"Module {name!r} must be bundled to JavaScript first, and this loader runs Python only.")
        if name.endswith(".js"):
            raise LoaderError(f"Module {name!r} is JavaScript; this loader runs Python only.")
        raise LoaderError(f"Module {name!r} has no known extension: name it .py or give an object with its kind.")
    if not isinstance(module, Mapping) or len(module) != 1 or next(iter(module)) not in MODULE_KINDS:
        raise LoaderError(f"Module {name!r} must be text or an object with exactly one of {' '.join(MODULE_KINDS)}.")
    kind, content = next(iter(module.items()))
    if kind == "json":
        return values.encode(content)
    if kind in ("py", "text") and isinstance(content, str):
        return content
    raise NotAvailableError(f"A module of kind {kind!r}")


class Loader:
    """Turns ids and code into workers. The same id is the same worker; the platform's ids are content hashes."""

    kind = "loader"

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._unnamed = 0

    def load(self, code: WorkerCode | Mapping[str, Any]) -> WorkerStub:
        """Return a stub for a fresh unnamed worker; the code is checked at once."""
        fixed = WorkerCode.of(code)
        return self.get(None, lambda: fixed)

    def get(self, id: str | None, callback: GetCode) -> WorkerStub:
        """Return a stub at once; ``callback`` is asked for the code when the worker is not running."""
        if id is None:
            self._unnamed += 1
            id = f"unnamed/{self._unnamed}"
        return WorkerStub(self._workers, id, callback)


class WorkerStub:
    """A worker by id. It survives eviction: the next use loads the code again."""

    def __init__(self, workers: Workers, loader_id: str, callback: GetCode) -> None:
        self._workers, self.loader_id, self._callback = workers, loader_id, callback

    def get_entrypoint(
        self, name: str | None = None, *, props: Any = None, limits: Mapping[str, int] | None = None
    ) -> EntrypointStub:
        """Return a stub of one of the worker's classes; None and ``"default"`` mean the default one."""
        if limits:
            raise NotAvailableError("limits of an entrypoint")
        return EntrypointStub(self, None if name == "default" else name, props)

    async def worker(self) -> Worker:
        """Return the running worker, loaded now when it is not running.

        Raises:
            CodeError: the code does not load. Exceptions of the callback propagate.
        """
        running = self._workers.find(self.loader_id)
        if running is not None:
            return await self._workers.get(self.loader_id, running.code)
        code = self._callback()
        if inspect.isawaitable(code):
            code = await code
        return await self._workers.get(self.loader_id, WorkerCode.of(code))


class EntrypointStub:
    """One class of a worker: ``run`` for a workflow, any other public method by call."""

    def __init__(self, stub: WorkerStub, name: str | None, props: Any) -> None:
        self._stub, self._name, self._props = stub, name, props

    async def run(self, event: Mapping[str, Any], step: StepToken) -> Any:
        """Run the workflow class for the instance that ``step`` stands for, and return what its ``run`` returned."""
        worker = await self._stub.worker()
        return await step.activate(worker, worker.entrypoint(self._name), event)

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        if method.startswith("_"):
            raise AttributeError(method)

        async def call(*args: Any, **kwargs: Any) -> Any:
            worker = await self._stub.worker()
            answer = await worker.ask(
                {
                    "k": "invoke", "entrypoint": self._name, "method": method, "args": values.encode(list(args)),
                    "kwargs": values.encode(kwargs), "props": values.encode(self._props),
                }
            )  # fmt: skip
            if "error" in answer:
                raise exception_from(answer["error"])
            try:
                return values.decode(answer["value"])
            except ValueError as error:
                raise WorkflowError(f"{method} answered with something that is not a value") from error

        return call

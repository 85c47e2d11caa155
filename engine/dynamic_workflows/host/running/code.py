"""WorkerCode: the code of one worker, checked field by field, and the messages that load it (semantics D)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from dynamic_workflows.shared import limits, values
from dynamic_workflows.shared.entrypoints import OUTBOUND
from dynamic_workflows.shared.errors import LoaderError, NotAvailableError, NotSerialisable

MODULE_KINDS = ("js", "cjs", "py", "text", "data", "json", "wasm")
FIELDS = {
    "compatibilityDate": "compatibility_date", "compatibilityFlags": "compatibility_flags",
    "mainModule": "main_module", "modules": "modules", "env": "env", "globalOutbound": "global_outbound",
    "allowExperimental": "allow_experimental", "tails": "tails", "streamingTails": "streaming_tails",
    "limits": "limits",
}  # fmt: skip
DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_LIMITS = {"cpuMs": "cpu_ms", "subRequests": "sub_requests", "cpu_ms": "cpu_ms", "sub_requests": "sub_requests"}
_NO_JAVASCRIPT = "This runtime runs Python: bundle such a module as Python, or as text or data."


@runtime_checkable
class Binding(Protocol):
    """A host-side object that tenant code reaches as ``env.<name>``; ``kind`` selects the stub it sees there."""

    kind: str


@dataclass(frozen=True, slots=True)
class InvocationLimits:
    """What one invocation of a worker may use.

    Args:
        cpu_ms: milliseconds it may compute without a pause.
        sub_requests: calls of ``env`` and ``fetch`` it may make.
    """

    cpu_ms: int | None = None
    sub_requests: int | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any] | InvocationLimits | None) -> InvocationLimits:
        """Check limits as they are written, with Cloudflare's names or Python's.

        Raises:
            LoaderError: one is unknown or no whole number above 0.
        """
        if isinstance(given, cls):
            return given
        if given is not None and not isinstance(given, Mapping):
            raise LoaderError(f"limits are a mapping with cpuMs and subRequests, not {type(given).__name__}.")
        found: dict[str, int] = {}
        for name, value in (given or {}).items():
            if name not in _LIMITS:
                raise LoaderError(f"limits has no {name!r:.80}: there are cpuMs and subRequests.")
            if type(value) is not int or value < 1:
                raise LoaderError(f"limits.{name} is {value!r:.80}: give a whole number above 0.")
            found[_LIMITS[name]] = value
        return cls(**found)

    def lower(self, other: InvocationLimits) -> InvocationLimits:
        """Return the lower of each of two limits."""
        return InvocationLimits(_lower(self.cpu_ms, other.cpu_ms), _lower(self.sub_requests, other.sub_requests))


def _lower(one: int | None, other: int | None) -> int | None:
    given = [limit for limit in (one, other) if limit is not None]
    return min(given, default=None)


@dataclass(frozen=True, slots=True)
class WorkerCode:
    """The code of one worker and what it may reach. Fields as in Cloudflare's WorkerCode.

    Args:
        modules: names to Python source (``.py``), text (below ``python_modules/``), or an object with exactly one of
            the kinds ``py``, ``text``, ``data`` (bytes) and ``json``. All of them are files beside the main module.
        env: names to host-side bindings and to plain values.
        global_outbound: an object whose ``fetch(request)`` gets every ``fetch`` of the code; without it there is no
            network.
        tails: objects whose ``tail(events)`` is called once for every finished invocation, with a list of one.
        limits: ``{"cpuMs", "subRequests"}`` of every invocation.

    Raises:
        LoaderError: a field breaks its rule.
        NotAvailableError: a field or module kind is not supported here; says why.
    """

    main_module: str
    modules: Mapping[str, Any]
    compatibility_date: str = "2026-11-01"
    compatibility_flags: tuple[str, ...] = ()
    env: Mapping[str, Any] = field(default_factory=dict)
    global_outbound: Any = None
    allow_experimental: bool = False
    tails: tuple[Any, ...] = ()
    streaming_tails: tuple[Any, ...] = ()
    limits: Mapping[str, int] | InvocationLimits | None = None

    def __post_init__(self) -> None:
        self._check_modules()
        self._check_compatibility()
        self._check_services()
        InvocationLimits.of(self.limits)
        size = sum(map(_size, self.contents().values()))
        if size > limits.CODE_BYTES:
            raise LoaderError(
                f"Dynamic Worker code size ({size} bytes) exceeds "
                f"the maximum allowed size of {limits.CODE_BYTES} bytes."
            )
        size = sum(len(spec["value"]) for spec in self._env_specs().values() if "value" in spec)
        if size > limits.ENV_BYTES:
            raise LoaderError(
                f"Dynamic Worker env size ({size} bytes) exceeds the maximum allowed size of {limits.ENV_BYTES} bytes."
            )

    @classmethod
    def of(cls, code: WorkerCode | Mapping[str, Any]) -> WorkerCode:
        """Return ``code`` itself, or make it of a mapping with Cloudflare's camelCase fields or Python's.

        Raises:
            LoaderError: a field is unknown or missing.
        """
        if isinstance(code, cls):
            return code
        if not isinstance(code, Mapping):
            raise LoaderError(f"WorkerCode is a mapping, not {type(code).__name__}.")
        given = {FIELDS.get(name, name): value for name, value in code.items()}
        unknown = [name for name in code if name not in FIELDS and name not in FIELDS.values()]
        if unknown:
            raise LoaderError(f"WorkerCode has no field {unknown[0]!r:.80}.")
        for name in ("mainModule", "modules"):
            if FIELDS[name] not in given:
                raise LoaderError(f"WorkerCode needs {name!r}.")
        return cls(**{name: value for name, value in given.items() if value is not None})

    # -- what it consists of ----------------------------------------------------------------------------------

    def contents(self) -> dict[str, str | bytes]:
        """Return every module as the file it is, by name: text, or bytes."""
        return {name: _content(name, module) for name, module in self.modules.items()}

    def bindings(self) -> dict[str, Any]:
        """Return the host-side objects of ``env``, and the gateway."""
        found = {name: value for name, value in self.env.items() if isinstance(value, Binding)}
        return found if self.global_outbound is None else {**found, OUTBOUND: self.global_outbound}

    def invocation_limits(self) -> InvocationLimits:
        """Return what every invocation may use."""
        return InvocationLimits.of(self.limits)

    def load_messages(self, loader_id: str) -> Iterator[dict[str, Any]]:
        """Return the messages that load this code into a guest: parts of long modules, then ``load``."""
        modules: dict[str, str] = {}
        data: dict[str, str] = {}
        contents = self.contents()
        in_parts = sum(map(len, contents.values())) > limits.CODE_INLINE
        for name, content in contents.items():
            text = content if isinstance(content, str) else base64.b64encode(content).decode("ascii")
            (modules if isinstance(content, str) else data)[name] = "" if in_parts else text
            for start in range(0, len(text) if in_parts else 0, limits.CODE_PART):
                yield {"k": "part", "name": name, "text": text[start : start + limits.CODE_PART]}
        load = {"k": "load", "id": loader_id, "main": self.main_module, "modules": modules, "env": self._env_specs()}
        yield {**load, "data": data} if data else load

    def _env_specs(self) -> dict[str, dict[str, str]]:
        specs = {name: _spec(name, value) for name, value in self.env.items()}
        return specs if self.global_outbound is None else {**specs, OUTBOUND: {"kind": "service"}}

    # -- the rules --------------------------------------------------------------------------------------------

    def _check_modules(self) -> None:
        if not isinstance(self.modules, Mapping) or not self.modules:
            raise LoaderError("Dynamic Worker code must contain at least one module.")
        for name in self.modules:
            _check_name(name)
        if self.main_module not in self.modules:
            raise LoaderError(f"mainModule {self.main_module!r:.120} is not one of the modules.")
        main = self.modules[self.main_module]
        if not _is_python(self.main_module, main):
            for name, module in self.modules.items():
                if _is_python(name, module):
                    raise LoaderError(
                        f'Module "{name}" is a Python module, but the main module isn\'t a Python module.'
                    )
            _content(self.main_module, main)
            raise LoaderError(f"mainModule {self.main_module!r:.120} is not a Python module: its name must end in .py.")

    def _check_compatibility(self) -> None:
        if not isinstance(self.compatibility_date, str) or not DATE.fullmatch(self.compatibility_date):
            raise LoaderError(f"compatibilityDate {self.compatibility_date!r:.80} is not a date like 2026-11-01.")
        flags = self.compatibility_flags
        if not isinstance(flags, list | tuple) or not all(isinstance(flag, str) for flag in flags):
            raise LoaderError("compatibilityFlags are a list of names.")
        for flag in flags:
            if f"no_{flag}" in flags:
                raise LoaderError(f"compatibilityFlags has both {flag!r:.80} and its opposite.")

    def _check_services(self) -> None:
        for name in ("tails", "streaming_tails"):
            if not isinstance(getattr(self, name), list | tuple):
                raise LoaderError(f"WorkerCode.{name} is a list.")
        for tail in self.tails:
            if not callable(getattr(tail, "tail", None)):
                raise LoaderError(f"A tail is an object with tail(events), not {type(tail).__name__}.")
        if self.streaming_tails and not self.allow_experimental:
            raise LoaderError("'streamingTails' is only allowed when 'allowExperimental' is true.")
        if self.streaming_tails:
            raise NotAvailableError("WorkerCode.streaming_tails", "Use tails: here they hear workflow runs too.")
        if self.global_outbound is not None and not callable(getattr(self.global_outbound, "fetch", None)):
            raise LoaderError(
                f"globalOutbound is an object with fetch(request), not {type(self.global_outbound).__name__}."
            )


def _check_name(name: object) -> None:
    parts = name.split("/") if isinstance(name, str) else [""]
    if not {"", ".", ".."}.isdisjoint(parts) or "\\" in str(name) or "\0" in str(name):
        raise LoaderError(f"{name!r:.120} is not a module name: use a relative path such as pkg/part.py.")
    if len(str(name)) > limits.MODULE_NAME_LENGTH:
        raise LoaderError(f"Module name {name!r:.120} is over {limits.MODULE_NAME_LENGTH} characters.")


def _is_python(name: str, module: Any) -> bool:
    return (isinstance(module, str) and name.endswith(".py")) or (isinstance(module, Mapping) and "py" in module)


def _size(content: str | bytes) -> int:
    return len(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))


def _content(name: str, module: Any) -> str | bytes:
    if isinstance(module, str):
        return _text(name, module)
    if not isinstance(module, Mapping) or len(module) != 1 or next(iter(module)) not in MODULE_KINDS:
        raise LoaderError(f"Module {name!r} must be text or an object with exactly one of {' '.join(MODULE_KINDS)}.")
    kind, content = next(iter(module.items()))
    if kind in ("js", "cjs", "wasm"):
        raise NotAvailableError(f"Module {name!r} of kind {kind!r}", _NO_JAVASCRIPT)
    if kind == "json":
        try:
            return json.dumps(content, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise LoaderError(f"Module {name!r} is not JSON: {error}.") from None
    expected = (bytes, bytearray, memoryview) if kind == "data" else (str,)
    if not isinstance(content, expected):
        raise LoaderError(f"Module {name!r} of kind {kind!r} is {type(content).__name__}, not {expected[0].__name__}.")
    if kind == "py" and not name.endswith(".py"):
        raise LoaderError(f"Module {name!r} is Python: its name must end in .py.")
    return content if isinstance(content, str) else bytes(content)


def _text(name: str, text: str) -> str:
    if name.endswith(".py") or name.startswith("python_modules/"):
        return text
    if name.endswith((".ts", ".tsx", ".jsx")):
        raise LoaderError(f"Module {name!r} must be bundled to JavaScript first, and this runtime runs Python only.")
    if name.endswith((".js", ".mjs", ".cjs")):
        raise LoaderError(f"Module {name!r} is JavaScript. {_NO_JAVASCRIPT}")
    raise LoaderError(f"Module {name!r} has no known extension: name it .py or give an object with its kind.")


def _spec(name: object, value: Any) -> dict[str, str]:
    if not isinstance(name, str) or name == OUTBOUND:
        raise LoaderError(f"{name!r:.80} is not a name for env.")
    if isinstance(value, Binding):
        return {"kind": value.kind}
    try:
        return {"kind": "value", "value": values.encode(value)}
    except NotSerialisable as error:
        raise LoaderError(f"env.{name} is neither a binding nor plain data: {error}") from None

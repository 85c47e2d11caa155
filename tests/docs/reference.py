"""Writes ``content/docs/reference`` from the docstrings of the public names: ``python -m tests.docs.reference``."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.docs.pages import DOCS

FOLDER = DOCS / "reference"
WORKERS = "dynamic_workflows.guest.workers_modules"
PAGES: Mapping[str, tuple[str, Sequence[tuple[str, str]]]] = {  # page -> title, modules with the names told of each
    "engine": ("Engine and platform", [
        ("dynamic_workflows", "Engine Limits Platform Desk sqlite_store InProcessSandboxes SubprocessSandboxes"),
        ("dynamic_workflows", "SystemClock SystemEntropy"),
    ]),
    "bindings": ("Workflow bindings and instances", [
        ("dynamic_workflows.host.binding", "Workflow WorkflowInstance"),
        ("dynamic_workflows.host.history.subscription", "Subscription"),
    ]),
    "dispatcher": ("Dispatcher", [
        ("dynamic_workflows", "wrap_workflow_binding DynamicWorkflowBinding create_dynamic_workflow_entrypoint"),
        ("dynamic_workflows", "dispatch_workflow"),
        ("dynamic_workflows.host.dispatcher", "LoadContext WorkflowRunner"),
    ]),
    "loader": ("Worker loader", [
        ("dynamic_workflows", "WorkerCode"),
        ("dynamic_workflows.host.running.loader", "Loader WorkerStub EntrypointStub Binding"),
    ]),
    "tenant": ("What tenant code imports and gets", [
        ("dynamic_workflows", "WorkflowEntrypoint"),
        ("dynamic_workflows.guest.step", "StepApi"),
        (f"{WORKERS}.workers", "WorkerEntrypoint Request Response env fetch handler waitUntil DurableObject"),
    ]),
    "protocols": ("What a host provides", [
        ("dynamic_workflows.host.protocols", "Clock Entropy Store Turn Sandboxes Sandbox Listener"),
    ]),
    "lint": ("Linter", [("dynamic_workflows.lint", "lint Problem Fix Edit Place Rule")]),
    "errors": ("Errors", [("dynamic_workflows.shared.errors", "*")]),
    "notebook": ("Notebooks", [("dynamic_workflows.notebook", "connect Connection Deployment Instance")]),
    "testing": ("Testing", [("dynamic_workflows.testing", "*")]),
}  # fmt: skip
HEAD = "<!-- Written from the docstrings by python -m tests.docs.reference: change those, then run it. -->\n"


def write() -> None:
    """Write every page."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in texts().items():
        (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")


def texts() -> dict[str, str]:
    """Return the text of every page whose modules are there."""
    found = {}
    for name, (title, parts) in PAGES.items():
        if importlib.util.find_spec(parts[0][0]) is not None:
            things = [thing for module, names in parts for thing in _things(importlib.import_module(module), names)]
            found[name] = f"# {title}\n\n{HEAD}\n" + "\n".join(_entry(thing, value) for thing, value in things)
    return found


def _things(module: Any, names: str) -> Iterator[tuple[str, Any]]:
    wanted = names.split()
    if names == "*":
        wanted = list(getattr(module, "__all__", ())) or [
            name
            for name, value in vars(module).items()
            if inspect.isclass(value) and value.__module__ == module.__name__
        ]
    for name in wanted:
        if not name.startswith("_"):
            yield name, getattr(module, name)


def _entry(name: str, value: Any) -> str:
    if not inspect.isclass(value):
        told = name + _signature(value) if callable(value) and not isinstance(value, type) else name
        return f"## `{told}`\n\n{_prose(inspect.getdoc(value) or '')}\n"
    told = name + _signature(value) if _is_made_by_callers(value) else name
    parts = [f"## `{told}`\n\n{_prose(inspect.getdoc(value) or '')}\n"]
    if issubclass(value, BaseException):
        bases = ", ".join(f"`{base.__name__}`" for base in value.__bases__)
        parts.append(f"Based on {bases}. See [what to do](../{getattr(value, 'page', 'errors/WorkflowError')}.md).\n")
    parts += [_member(member, found) for member, found in vars(value).items() if _is_told(member, found)]
    return "\n".join(parts)


def _is_made_by_callers(value: type) -> bool:
    if issubclass(value, BaseException) or getattr(value, "_is_protocol", False):
        return False
    first = next(iter(inspect.signature(value).parameters), "")
    return first not in {
        "connection",
        "core",
        "ctx",
        "engine",
        "line",
        "platform",
        "run",
        "stub",
        "workers",
        "loop",
        "args",
    }


def _is_told(name: str, value: Any) -> bool:
    inner = getattr(value, "__func__", value)
    if name.startswith("_") or not (inspect.isfunction(inner) or isinstance(value, property)):
        return False
    return bool(inspect.getdoc(value)) and (isinstance(value, property) or inner.__name__ == name)


def _member(name: str, value: Any) -> str:
    if isinstance(value, property):
        return f"### `{name}`\n\n{_prose(inspect.getdoc(value) or '')}\n"
    inner = getattr(value, "__func__", value)
    awaited = "await " if inspect.iscoroutinefunction(inner) else ""
    return f"### `{awaited}{name}{_signature(inner, bound=True)}`\n\n{_prose(inspect.getdoc(inner) or '')}\n"


def _signature(value: Any, *, bound: bool = False) -> str:
    try:
        parameters = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        return "()"
    if bound and parameters and parameters[0].name in ("self", "cls"):
        parameters = parameters[1:]
    told: list[str] = []
    for parameter in parameters:
        if (
            parameter.kind is parameter.KEYWORD_ONLY
            and "*" not in told
            and not any(one.startswith("*") for one in told)
        ):
            told.append("*")
        if told and parameter.kind is not parameter.POSITIONAL_ONLY and _before(parameters, parameter):
            told.append("/")
        told.append(_parameter(parameter))
    return f"({', '.join(told)})"


def _before(parameters: list[inspect.Parameter], parameter: inspect.Parameter) -> bool:
    place = parameters.index(parameter)
    return place > 0 and parameters[place - 1].kind is parameter.POSITIONAL_ONLY


def _parameter(parameter: inspect.Parameter) -> str:
    stars = "*" * (1 if parameter.kind is parameter.VAR_POSITIONAL else 2 * (parameter.kind is parameter.VAR_KEYWORD))
    if parameter.default is parameter.empty:
        return stars + parameter.name
    default: str = "sys.executable" if parameter.default == sys.executable else repr(parameter.default)
    default = "…" if default.startswith("<") else default  # an object that stands for "not given"
    return f"{parameter.name}={default}"


def _prose(doc: str) -> str:
    """Return a docstring as Markdown: what is returned is prose, other sections are lists, code is code."""
    lines: list[str] = []
    listed = prose = False
    for line in doc.replace("``", "`").splitlines():
        if line in ("Args:", "Raises:", "Returns:"):
            lines += ["", f"**{line[:-1]}**", ""]
            listed = line != "Returns:"
            prose = not listed
        elif prose and line.startswith("    "):
            lines.append(line.strip())
        elif listed and re.match(r"    \S", line):
            head, _, rest = line.strip().partition(": ")
            names = ", ".join(f"`{name.strip()}`" for name in head.split(","))
            lines.append(f"- {names}: {rest}" if rest else f"- {line.strip()}")
        elif (listed or prose) and not line.strip():
            listed = prose = False
            lines.append("")
        else:
            lines.append(line if line.startswith("    ") and not listed else "  " * listed + line.strip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


if __name__ == "__main__":
    write()

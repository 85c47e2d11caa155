"""What the editor completes and explains, taken from the engine's docstrings without running any of it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playground.build.layout import Layout
from playground.build.steps import BuildError

Entry = dict[str, Any]
# What code writes before the name -> file and class whose public methods it may name.
METHODS = {
    "step": ("guest/step.py", "StepApi"),
    "env.WORKFLOWS": ("guest/env.py", "WorkflowBinding"),
    "self.ctx": ("guest/env.py", "ExecutionContext"),
}
KEYS = {"ctx": ("shared/shapes.py", "StepContext"), "event": ("shared/shapes.py", "WorkflowEvent")}
BINDINGS = {"WORLD": ("host/world.py", None), "WORKFLOWS": ("guest/env.py", "WorkflowBinding")}
OURS = re.compile(r"\((?:semantics|design)[^)]*\)\s*")


def sources(layout: Layout) -> list[Path]:
    """Return the files that are read."""
    return sorted({layout.engine / file for file, _ in (*METHODS.values(), *KEYS.values(), *BINDINGS.values())})


def editor_api(layout: Layout) -> str:
    """Return the JSON: entries by what stands before them, each with name, signature, text and arguments."""
    told: dict[str, list[Entry]] = {}
    for place, (file, name) in METHODS.items():
        told[place] = list(_methods(_class(layout, file, name)))
    for place, (file, name) in KEYS.items():
        shape = _class(layout, file, name)
        told[place] = [_entry(key, key, text, {}) for key, text in _arguments(ast.get_docstring(shape) or "").items()]
    told["env"] = [_entry(name, f"env.{name}", _doc(layout, *where), {}) for name, where in BINDINGS.items()]
    empty = [place for place, entries in told.items() if not entries]
    if empty:
        raise BuildError(f"The engine's docstrings say nothing of {', '.join(empty)}.")
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _methods(shape: ast.ClassDef) -> Iterator[Entry]:
    for node in shape.body:
        doc = ast.get_docstring(node) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and doc and not node.name.startswith("_"):
            plain = any(isinstance(one, ast.Name) and one.id == "property" for one in node.decorator_list)
            told = node.name if plain else f"{node.name}({', '.join(_parameters(node.args))})"
            yield _entry(node.name, told, doc, _arguments(doc))


def _parameters(given: ast.arguments) -> Iterator[str]:
    positional = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(positional) - len(given.defaults)) + list(given.defaults)
    for number, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
        if number or argument.arg != "self":
            yield _told(argument, default)
    if given.kwonlyargs and given.vararg is None:
        yield "*"
    for argument, keyword_default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield _told(argument, keyword_default)
    if given.kwarg is not None:
        yield f"**{given.kwarg.arg}"


def _told(argument: ast.arg, default: ast.expr | None) -> str:
    if default is None:
        return argument.arg
    return f"{argument.arg}={'…' if isinstance(default, ast.Name) else ast.unparse(default)}"


def _entry(name: str, told: str, doc: str, arguments: dict[str, str]) -> Entry:
    prose = re.split(r"\n\n|\n(?:Args|Raises|Returns):", doc)[0]
    return {
        "name": name,
        "told": told,
        "text": _text(prose),
        "arguments": {key: _text(one) for key, one in arguments.items()},
    }


def _text(doc: str) -> str:
    text = OURS.sub("", " ".join(doc.replace("``", "").split()))
    return text[:1].upper() + text[1:]


def _arguments(doc: str) -> dict[str, str]:
    section = re.search(r"^Args:\n((?:[ ]{4}.*\n?|\n)+)", doc, re.MULTILINE)
    found: dict[str, str] = {}
    name = ""
    for line in section[1].splitlines() if section else ():
        start = re.match(r"    (\w+): (.*)", line)
        if start:
            name = start[1]
            found[name] = start[2]
        elif name:
            found[name] += f" {line.strip()}"
    return found


def _doc(layout: Layout, file: str, name: str | None) -> str:
    if name is None:
        doc = ast.get_docstring(_module(layout, file)) or ""
        return re.sub(r"^``env\.\w+``: ", "", doc).replace("\n\n", " ")
    return ast.get_docstring(_class(layout, file, name)) or ""


def _class(layout: Layout, file: str, name: str | None) -> ast.ClassDef:
    for node in _module(layout, file).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node
    raise BuildError(f"{layout.engine / file} has no class {name}: the editor's completion is made from it.")


def _module(layout: Layout, file: str) -> ast.Module:
    return ast.parse((layout.engine / file).read_text(encoding="utf-8"))

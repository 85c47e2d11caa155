"""Runs the cells of a notebook on CPython, one after the other in one namespace, as IPython would."""

from __future__ import annotations

import ast
import contextlib
import io
import json
from collections.abc import Iterator
from inspect import CO_COROUTINE
from pathlib import Path
from types import CodeType
from typing import Any

from dynamic_workflows.notebook import Instance
from dynamic_workflows.notebook.magic import transformed

CONTENT = Path(__file__).parents[2] / "content" / "notebooks"


def sources(name: str) -> list[str]:
    """Return the code of the cells of a notebook."""
    cells = json.loads((CONTENT / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


async def run(source: str, names: dict[str, Any]) -> str:
    """Run a cell and return what it shows: what it prints, and the value of its last line."""
    text = "".join(transformed(source.splitlines(keepends=True)))
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        for code, is_value in _parts(ast.parse(text)):
            found = eval(code, names)
            found = await found if code.co_flags & CO_COROUTINE else found
            value = found if is_value else None
    if value is not None:
        printed.write(f"<run of {value.tenant}/{value.workflow}>" if isinstance(value, Instance) else repr(value))
    return printed.getvalue().strip()


def _parts(tree: ast.Module) -> Iterator[tuple[CodeType, bool]]:
    """Yield the code of a cell, and that of its last line apart where that is an expression."""
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    yield compile(tree, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), False
    if isinstance(last, ast.Expr):
        yield compile(ast.Expression(last.value), "<cell>", "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), True

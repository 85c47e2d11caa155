"""Reads the imports of the project's Python and JavaScript, without running any of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_JS_IMPORT = re.compile(
    r"""\b(?:import|export)\b[^'"`;()]*?\bfrom\s*['"]([^'"]+)['"]"""  # import … from '…', export … from '…'
    r"""|\bimport\s*\(\s*['"]([^'"]+)['"]"""  # import('…'), in JSDoc types too
    r"""|(?<!['"])\bimport\s*['"]([^'"]+)['"]"""  # import '…', and not the text 'import'
    r"""|\bnew\s+URL\(\s*['"]([^'"]+\.m?js)['"]"""  # new Worker(new URL('….js', …))
)


def python_imports(path: Path, package_root: Path) -> Iterator[tuple[int, str]]:
    """Yield line and absolute dotted name of everything a Python file imports, anywhere in it."""
    package = path.relative_to(package_root).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def javascript_imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and specifier of everything a JavaScript module imports; relative ones as a path in the checkout."""
    text = path.read_text(encoding="utf-8")
    for found in _JS_IMPORT.finditer(text):
        name = next(group for group in found.groups() if group)
        if name.startswith("."):
            name = (path.parent / name).resolve().relative_to(ROOT).as_posix()
        yield text.count("\n", 0, found.start()) + 1, name


def under(folder: str, pattern: str) -> list[Path]:
    """Return the files of a room that match a pattern; a room without any is a mistake of the test."""
    found = sorted(path for path in (ROOT / folder).rglob(pattern) if "__pycache__" not in path.parts)
    assert found, f"{folder} holds no {pattern}"
    return found

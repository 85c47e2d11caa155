"""Names of one file: what each is bound to, and which function a piece of code belongs to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .source import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Defined = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Binding:
    """One way in which a scope gives a name its meaning; ``value`` is the expression, function or class, if any."""

    kind: Literal["parameter", "value", "function", "class", "import", "other"]
    value: ast.AST | None = None
    path: str = ""  # of an import, dotted


class Scopes:
    """Finds what names mean. A name that is bound in several ways has several bindings."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._bound: dict[ast.AST, dict[str, list[Binding]]] = {}
        for node in source.nodes:
            for name, binding in _bindings(node):
                scope = self._owner(node)
                if isinstance(node, ast.arg):
                    scope = self._function_of_argument(node)
                self._bound.setdefault(scope, {}).setdefault(name, []).append(binding)

    def function(self, node: ast.AST) -> Function | None:
        """Return the innermost function whose body holds a node; decorators and defaults belong to the one outside."""
        return next(self.functions(node), None)

    def functions(self, node: ast.AST) -> Iterator[Function]:
        """Yield the functions whose bodies hold a node, innermost first."""
        for above, child in self.source.ancestors(node):
            if isinstance(above, FUNCTIONS) and _is_body(above, child):
                yield above

    def lookup(self, name: str, at: ast.AST) -> list[Binding]:
        """Return what a name means where it is used; nothing for a builtin or a mistake."""
        for scope in [*self.functions(at), self.source.tree]:
            found = self._bound.get(scope, {}).get(name)
            if found:
                return found
        return []

    def bound(self, scope: ast.AST) -> dict[str, list[Binding]]:
        """Return the names that a function or the file itself binds."""
        return self._bound.get(scope, {})

    def one(self, expression: ast.AST) -> Binding | None:
        """Return what a name is bound to, when that is one thing."""
        if not isinstance(expression, ast.Name):
            return None
        found = self.lookup(expression.id, expression)
        return found[0] if len(found) == 1 else None

    def path(self, expression: ast.AST) -> str:
        """Return the dotted name of what an expression takes from an import, as in ``time.time``; else nothing."""
        if isinstance(expression, ast.Attribute):
            head = self.path(expression.value)
            return f"{head}.{expression.attr}" if head else ""
        found = self.one(expression)
        return found.path if found is not None and found.kind == "import" else ""

    def _owner(self, node: ast.AST) -> ast.AST:
        """Return the scope that a binding node binds in; a class body binds for itself alone."""
        for above, child in self.source.ancestors(node):
            if isinstance(above, ast.ClassDef) and child in above.body:
                return above
            if isinstance(above, FUNCTIONS) and _is_body(above, child):
                return above
        return self.source.tree

    def _function_of_argument(self, node: ast.arg) -> ast.AST:
        return next(above for above, _ in self.source.ancestors(node) if isinstance(above, FUNCTIONS))


def _is_body(function: Function, child: ast.AST) -> bool:
    return child is function.body if isinstance(function, ast.Lambda) else child in function.body


def _bindings(node: ast.AST) -> Iterator[tuple[str, Binding]]:
    if isinstance(node, ast.arg):
        yield node.arg, Binding("parameter", node)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name, Binding("function", node)
    elif isinstance(node, ast.ClassDef):
        yield node.name, Binding("class", node)
    elif isinstance(node, ast.Import):
        for alias in node.names:
            path = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or path, Binding("import", node, path)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, Binding("import", node, f"{node.module or ''}.{alias.name}".lstrip("."))
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _assigned(target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield from _assigned(node.target, node.value)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
        yield node.id, Binding("other")
    elif isinstance(node, ast.AugAssign | ast.For | ast.AsyncFor | ast.comprehension):
        yield from _assigned(node.target, None)
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield from _assigned(node.optional_vars, None)
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name, Binding("other")


def _assigned(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, Binding]]:
    if isinstance(target, ast.Name):
        yield target.id, Binding("other") if value is None else Binding("value", value)
    elif isinstance(target, ast.Starred):
        yield from _assigned(target.value, None)
    elif isinstance(target, ast.Tuple | ast.List):
        plain = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
        values = value.elts if plain and isinstance(value, ast.Tuple | ast.List) else [None] * len(target.elts)
        for one, part in zip(target.elts, values, strict=True):
            yield from _assigned(one, part)

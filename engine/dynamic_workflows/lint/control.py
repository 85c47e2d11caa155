"""How a workflow is controlled: exceptions that must get through, and names in loops."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .problems import Fix, Problem
from .workflows import Workflows

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def catches_base_exception(code: Workflows) -> Iterator[Problem]:
    """Yield handlers that swallow what ends or suspends a run."""
    for node in code.source.nodes:
        if isinstance(node, ast.ExceptHandler) and _swallows(node) and _matters(code, node):
            what = "A bare except" if node.type is None else "except BaseException"
            message = f"{what} also catches what pauses and ends a run: catch Exception, or raise it again."
            yield code.problem("catches-base-exception", node.type or _first_word(node), message, _narrower(code, node))


def _swallows(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    wide = any(kind is None or (isinstance(kind, ast.Name) and kind.id == "BaseException") for kind in kinds)
    return wide and not isinstance(handler.body[-1], ast.Raise)


def _matters(code: Workflows, node: ast.AST) -> bool:
    return code.replays(node) or code.step_around(node) is not None


def _first_word(node: ast.ExceptHandler) -> ast.AST:
    """Return a node that stands where the word ``except`` does."""
    end = {"end_lineno": node.lineno, "end_col_offset": node.col_offset + len("except")}
    return ast.Pass(lineno=node.lineno, col_offset=node.col_offset, **end)


def _narrower(code: Workflows, handler: ast.ExceptHandler) -> Fix | None:
    if handler.type is None:
        return code.source.instead(_first_word(handler), "except Exception", "Catch Exception")
    if isinstance(handler.type, ast.Name):
        return code.source.instead(handler.type, "Exception", "Catch Exception")
    return None


def name_in_loop(code: Workflows) -> Iterator[Problem]:
    """Yield the constant names of steps that a loop uses again and again."""
    for node in code.source.nodes:
        if not isinstance(node, ast.Call) or not (name := _constant_name(code, node)) or not _in_loop(code, node):
            continue
        message = f'Step "{name}" runs in a loop: history tells its turns apart by count, {name}-1, {name}-2 and so on.'
        yield code.problem("name-in-loop", node, message)


def _constant_name(code: Workflows, call: ast.Call) -> str:
    step = code.called_step(call)
    if step is not None:
        return step.name or ""
    if code.verb(call) in ("", "do") or not call.args:
        return ""
    given = call.args[0]
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else ""


def _in_loop(code: Workflows, node: ast.AST) -> bool:
    function = code.scopes.function(node)
    for above, child in code.source.ancestors(node):
        if above is function:
            return False
        if isinstance(above, _LOOPS) and child in above.body:
            return True
        if isinstance(above, _COMPREHENSIONS) and child is not above.generators[0]:
            return True
    return False

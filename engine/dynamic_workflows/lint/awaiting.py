"""Steps, sleeps and waits that nothing waits for, and those that stand inside a step."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .problems import Fix, Problem
from .workflows import WAITS, Workflows

# Nodes that need a value at once: a coroutine there is a mistake, whatever it was meant to be.
_USES = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.FormattedValue, ast.If, ast.While, ast.IfExp, ast.Assert)


def not_awaited(code: Workflows) -> Iterator[Problem]:
    """Yield the calls whose result is dropped or used before it is there."""
    for node in code.source.nodes:
        if isinstance(node, ast.Call) and (what := code.durable(node)) and _lost(code, node):
            message = f"{what} is called without await, so the workflow goes on before it is done."
            yield code.problem("not-awaited", node, message, _await(code, node))


def _lost(code: Workflows, call: ast.Call) -> bool:
    above = code.source.parents[call]
    if isinstance(above, ast.Expr) or (isinstance(above, ast.IfExp) and above.test is call):
        return True
    if isinstance(above, ast.Subscript | ast.Attribute):
        return above.value is call and isinstance(above.ctx, ast.Load) and getattr(above, "attr", "") != "close"
    if isinstance(above, ast.Return):
        return code.scopes.function(call) in code.runs
    return isinstance(above, _USES) and not isinstance(above, ast.IfExp)


def _await(code: Workflows, call: ast.Call) -> Fix | None:
    if not isinstance(code.scopes.function(call), ast.AsyncFunctionDef):
        return None
    if isinstance(code.source.parents[call], ast.Subscript | ast.Attribute):
        return code.source.around(call, "(await ", ")", "Await it")
    return code.source.before(call, "await ", "Await it")


def step_inside_step(code: Workflows) -> Iterator[Problem]:
    """Yield the calls of the step API in functions that are steps."""
    for node in code.source.nodes:
        if not isinstance(node, ast.Call) or not (inside := code.step_around(node)):
            continue
        verb = code.verb(node)
        what = f"step.{verb}()" if verb in WAITS else code.durable(node)
        if verb == "do":
            what = next(f"Step {step.label}" for step in code.steps if step.call is node)
        if what and not any(code.durable(above) for above, _ in _calls_above(code, node)):
            message = (
                f"{what} stands inside step {inside.label}: a retry of that step starts it again, so call it in run()."
            )
            yield code.problem("step-inside-step", node, message)


def _calls_above(code: Workflows, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield the calls directly around a node, so that ``step.do("x")(f)()`` is told once."""
    for above, child in code.source.ancestors(node):
        if not isinstance(above, ast.Call) or above.func is not child:
            return
        yield above, child

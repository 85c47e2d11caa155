"""Values that cannot be stored: what a step or ``run`` returns, as far as it can be told from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .problems import Fix, Problem
from .workflows import Step, Workflows

_ITERATORS = {"map", "filter", "zip", "enumerate", "reversed", "iter", "range"}
_UUIDS = {f"uuid.{name}" for name in ("UUID", "uuid1", "uuid3", "uuid4", "uuid5", "uuid6", "uuid7", "uuid8")}
_KINDS = {
    "datetime.date": "a date", "datetime.date.today": "a date", "datetime.time": "a time",
    "datetime.timedelta": "a timedelta", "decimal.Decimal": "a Decimal", "fractions.Fraction": "a Fraction",
    "pathlib.Path": "a path", "re.compile": "a pattern", "collections.deque": "a deque",
    "asyncio.create_task": "a task", "asyncio.ensure_future": "a future", "asyncio.Queue": "a queue",
    "asyncio.Lock": "a lock", "threading.Lock": "a lock", **dict.fromkeys(_UUIDS, "a UUID"),
}  # fmt: skip
_BUILTINS = {"open": "an open file", "object": "an object", "complex": "a complex number"}
_DEEPEST = 50


def not_storable(code: Workflows) -> Iterator[Problem]:
    """Yield the returned values, and the parts of them, that no history can hold."""
    for node in code.source.nodes:
        if isinstance(node, ast.Return) and node.value is not None and (who := _who(code, node)):
            yield from _problems(code, node.value, who, 0)
    for step in code.steps:
        if isinstance(step.function, ast.Lambda):
            yield from _problems(code, step.function.body, f"Step {step.label}", 0)


def _who(code: Workflows, node: ast.Return) -> str:
    function = code.scopes.function(node)
    if function in code.runs:
        return "run()"
    step: Step | None = code.bodies.get(function) if function is not None else None
    return f"Step {step.label}" if step is not None else ""


def _problems(code: Workflows, value: ast.expr, who: str, depth: int) -> Iterator[Problem]:
    for part in _parts(value) if depth < _DEEPEST else ():
        yield from _problems(code, part, who, depth + 1)
    what, fix = _kind(code, value)
    if what:
        yield code.problem("not-storable", value, f"{who} returns {what}, which cannot be stored.", fix)


def _parts(value: ast.expr) -> list[ast.expr]:
    if isinstance(value, ast.Dict):
        return value.values
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return value.elts
    if isinstance(value, ast.IfExp):
        return [value.body, value.orelse]
    return []


def _kind(code: Workflows, value: ast.expr) -> tuple[str, Fix | None]:
    if isinstance(value, ast.Lambda):
        return "a function", None
    if isinstance(value, ast.GeneratorExp):
        return "a generator", code.source.around(value, "list", "", "Make it a list")
    if isinstance(value, ast.Constant) and isinstance(value.value, complex):
        return "a complex number", None
    if isinstance(value, ast.Call):
        return _made(code, value)
    bound = code.scopes.one(value)
    if bound is not None and bound.kind in ("function", "class"):
        return f"a {bound.kind}", None
    return "", None


def _made(code: Workflows, call: ast.Call) -> tuple[str, Fix | None]:
    path = code.scopes.path(call.func)
    if path in _UUIDS:
        return _KINDS[path], code.source.around(call, "str(", ")", "Make it text")
    if path in _KINDS:
        return _KINDS[path], None
    if not isinstance(call.func, ast.Name):
        return "", None
    name, bound = call.func.id, code.scopes.lookup(call.func.id, call)
    if not bound and name in _ITERATORS:
        return f"what {name}() gives", code.source.around(call, "list(", ")", "Make it a list")
    if not bound and _BUILTINS.get(name):
        return _BUILTINS[name], None
    made = bound[0].value if len(bound) == 1 else None
    if isinstance(made, ast.ClassDef) and not made.bases and not made.keywords:
        return f"a {name}", None
    return "", None

"""What answers differently in every replay: clocks, chance, outside calls, and step names made of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .problems import Problem
from .workflows import Workflows, argument

CLOCKS = {
    *(f"time.{name}" for name in (
        "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time",
        "process_time_ns", "thread_time", "thread_time_ns",
    )),
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
}  # fmt: skip
_CLOCKS_BY_DEFAULT = {"time.localtime": 1, "time.gmtime": 1, "time.ctime": 1, "time.asctime": 1, "time.strftime": 2}
_CHANCE = {"uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7", "uuid.uuid8", "os.urandom", "random.SystemRandom"}
_SEEDED = {"random.Random", "random.seed"}
# Methods that text, dicts and lists have: env may hold plain values too.
_PLAIN_METHODS = {name for kind in (str, dict, list) for name in dir(kind) if not name.startswith("_")}
_DEEPEST = 20


def clock_outside_step(code: Workflows) -> Iterator[Problem]:
    """Yield readings of a clock in code that replays."""
    for call, path in _calls(code):
        if reads_clock(path, call):
            message = f"{path}() outside a step tells another time in every replay: read it in a step."
            yield code.problem("clock-outside-step", call, message)


def random_outside_step(code: Workflows) -> Iterator[Problem]:
    """Yield what is left to chance in code that replays."""
    for call, path in _calls(code):
        if is_chance(path, call):
            message = f"{path}() outside a step gives another value in every replay: make it in a step."
            yield code.problem("random-outside-step", call, message)


def env_outside_step(code: Workflows) -> Iterator[Problem]:
    """Yield calls of bindings in code that replays."""
    for node in code.source.nodes:
        if not isinstance(node, ast.Call) or not code.replays(node) or not (name := code.outside_call(node)):
            continue
        awaited = isinstance(code.source.parents[node], ast.Await)
        if awaited or not isinstance(node.func, ast.Attribute) or node.func.attr not in _PLAIN_METHODS:
            yield code.problem(
                "env-outside-step", node, f"{name} outside a step is done again in every replay: call it in a step."
            )


def unstable_step_name(code: Workflows) -> Iterator[Problem]:
    """Yield step names that hold a time or a random value."""
    for node in code.source.nodes:
        if not isinstance(node, ast.Call) or not code.verb(node):
            continue
        name = argument(node, 0, "name")
        source = name is not None and _unstable(code, name)
        if name is not None and source:
            message = f"The step's name is built from {source}(), so no replay finds the step again."
            yield code.problem("unstable-step-name", name, message)


def reads_clock(path: str, call: ast.Call) -> bool:
    """Return whether a call of a dotted name reads the clock; some do only without an argument."""
    at = _CLOCKS_BY_DEFAULT.get(path)
    return path in CLOCKS or (at is not None and len(call.args) < at and not call.keywords)


def is_chance(path: str, call: ast.Call) -> bool:
    """Return whether a call of a dotted name is random; a generator with a seed is not."""
    if path in _SEEDED:
        return not call.args and not call.keywords
    return path in _CHANCE or path.startswith(("random.", "secrets."))


def _calls(code: Workflows) -> Iterator[tuple[ast.Call, str]]:
    for node in code.source.nodes:
        if isinstance(node, ast.Call) and (path := code.scopes.path(node.func)) and code.replays(node):
            yield node, path


def _unstable(code: Workflows, expression: ast.AST, depth: int = 0) -> str:
    """Return the clock or chance that a value is built from, also by way of names; nothing where it is stable."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Call):
            path = code.scopes.path(node.func)
            if path and (reads_clock(path, node) or is_chance(path, node)):
                return path
        bound = code.scopes.one(node)
        value = bound.value if bound is not None and bound.kind == "value" and depth < _DEEPEST else None
        if value is not None and not isinstance(value, ast.Await) and (found := _unstable(code, value, depth + 1)):
            return found
    return ""

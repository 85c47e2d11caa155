"""What the step API is given: durations, names, event types, configs, and the parameters of steps."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Iterator
from typing import Any

from dynamic_workflows.shared import checks, limits
from dynamic_workflows.shared.durations import milliseconds
from dynamic_workflows.shared.errors import InvalidDuration, InvalidEventType, WorkflowError

from .problems import Fix, Problem
from .scopes import Function
from .workflows import Step, Workflows, argument

_UNITS = {
    "ms": "ms", "msec": "ms", "msecs": "ms", "millisecond": "ms", "milliseconds": "ms", "s": "seconds",
    "sec": "seconds", "secs": "seconds", "min": "minutes", "mins": "minutes", "h": "hours", "hr": "hours",
    "hrs": "hours", "d": "days", "w": "weeks", "wk": "weeks", "wks": "weeks",
    "y": "years", "yr": "years", "yrs": "years",
}  # fmt: skip
_SAID: dict[Any, str] = {
    checks.step_name: f"A step's name has at most {limits.STEP_NAME_LENGTH} characters and no control characters."
}
_CONFIG = (
    'A step\'s config holds "timeout", "sensitive": "output" and "retries" with "limit" (up to '
    f'{limits.RETRIES_MAX:,}), "delay" and, if wanted, "backoff".'
)
_NUMBER_AND_UNIT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)[\s_]*([A-Za-z]+)\.?\s*")


def unknown_duration(code: Workflows) -> Iterator[Problem]:
    """Yield texts that are no durations."""
    for text in _durations(code):
        try:
            milliseconds(str(text.value))
        except InvalidDuration:
            message = f'"{text.value!s:.60}" is not a duration: write milliseconds or text such as "10 minutes".'
            yield code.problem("unknown-duration", text, message, _right_duration(code, text))


def _durations(code: Workflows) -> Iterator[ast.Constant]:
    for node in code.source.nodes:
        if not isinstance(node, ast.Call) or not (verb := code.verb(node)):
            continue
        if verb == "do":
            configs = [argument(node, 3, "config"), argument(node, 9, "rollback_config")]
            yield from (text for config in configs if config is not None for text in _in_config(config))
        else:
            wanted = {"sleep": (1, "duration"), "wait_for_event": (2, "timeout")}.get(verb)
            given = argument(node, *wanted) if wanted else None
            yield from [given] if _is_text(given) else []  # type: ignore[misc]


def _in_config(config: ast.expr) -> Iterator[ast.Constant]:
    for node in ast.walk(config):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in ("timeout", "delay") and _is_text(value):
                    assert isinstance(value, ast.Constant)
                    yield value


def _is_text(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _right_duration(code: Workflows, text: ast.Constant) -> Fix | None:
    found = _NUMBER_AND_UNIT.fullmatch(str(text.value))
    if found is None:
        return None
    number, unit = found[1], found[2].lower()
    right = f"{number} {_UNITS.get(unit, unit)}"
    if number == "1" and right.endswith("s") and not right.endswith("ms"):
        right = right.removesuffix("s")
    try:
        milliseconds(right)
    except InvalidDuration:
        return None
    return code.source.instead(text, f'"{right}"', f'Write "{right}"')


def over_limit(code: Workflows) -> Iterator[Problem]:
    """Yield names, spans and configs that the engine refuses, as far as they are written out."""
    for node in code.source.nodes:
        if isinstance(node, ast.Call) and (verb := code.verb(node)):
            for part, check in _checks(verb, node):
                said = _refused(part, check)
                if said:
                    yield code.problem("over-limit", part, said)


def _checks(verb: str, call: ast.Call) -> Iterator[tuple[ast.expr, Callable[[Any], object]]]:
    name = argument(call, 0, "name")
    written = name.value if isinstance(name, ast.Constant) else None
    label = written if isinstance(written, str) and written.isprintable() and len(written) < 100 else "of this name"
    found: list[tuple[ast.expr | None, Callable[[Any], object]]] = [(name, checks.step_name)]
    if verb == "do":
        found.append((argument(call, 3, "config"), lambda value: checks.step_config(label, value)))
    elif verb == "sleep":
        found.append((argument(call, 1, "duration"), lambda value: checks.sleep_duration(label, value)))
    elif verb == "wait_for_event":
        found.append((argument(call, 1, "event_type"), checks.event_type))
        found.append((argument(call, 2, "timeout"), lambda value: checks.wait_timeout(label, value)))
    yield from ((part, check) for part, check in found if part is not None)


def _refused(part: ast.expr, check: Callable[[Any], object]) -> str:
    """Return what the engine says of a value that is written out; a wrong unit has a rule of its own."""
    try:
        value = ast.literal_eval(part)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ""
    try:
        if not any(_bad_duration(text) for text in _in_config(part)) and not (_is_text(part) and _bad(value, check)):
            check(value)
    except InvalidEventType as error:
        return str(error).partition(") ")[2]
    except (WorkflowError, TypeError) as error:
        return _SAID.get(check) or (_CONFIG if isinstance(part, ast.Dict) else str(error))
    return ""


def _bad(value: str, check: Callable[[Any], object]) -> bool:
    """Return whether text that should be a duration is none."""
    return check not in (checks.step_name, checks.event_type) and _is_no_duration(value)


def _bad_duration(text: ast.Constant) -> bool:
    return _is_no_duration(str(text.value))


def _is_no_duration(text: str) -> bool:
    try:
        milliseconds(text)
    except InvalidDuration:
        return True
    return False


def unknown_parameter(code: Workflows) -> Iterator[Problem]:
    """Yield parameters of steps that nothing fills: they are ``ctx`` and names of steps, or ``depends`` lists steps."""
    if any(step.name is None for step in code.steps):
        return  # a name made at run time may be any of them
    names = {str(step.name) for step in code.steps}
    for step in code.steps:
        if step.function is None or any(keyword.arg is None for keyword in step.call.keywords) or _depends(step):
            continue
        unknown = [one for one in _parameters(step.function) if one.arg not in names and one.arg != "ctx"]
        fix = _listed(code, step, unknown)
        for one in unknown:
            message = f'Parameter "{one.arg}" of step {step.label} is neither ctx nor the name of a step.'
            yield code.problem("unknown-parameter", one, message, fix or _renamed(code, one, names))


def _depends(step: Step) -> bool:
    return argument(step.call, 1, "depends") is not None


def _parameters(function: Function) -> list[ast.arg]:
    given = function.args
    stars = [one for one in (given.vararg, given.kwarg) if one is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *stars]


def _listed(code: Workflows, step: Step, unknown: list[ast.arg]) -> Fix | None:
    """Return the fix that lists steps in ``depends``, where every parameter bears the name of a step's function."""
    functions = {getattr(one.function, "name", None) for one in code.steps}
    others = [one.arg for one in _parameters(step.function) if one.arg != "ctx"] if step.function else []
    if not unknown or len(step.call.args) != 1 or not all(name in functions for name in others):
        return None
    text = f"depends=[{', '.join(others)}]"
    return code.source.around(step.call.args[0], "", f", {text}", f"Add {text}")


def _renamed(code: Workflows, one: ast.arg, names: set[str]) -> Fix | None:
    """Return the fix for a misspelt name, where it is used nowhere else."""
    close = difflib.get_close_matches(one.arg, [name for name in names if name.isidentifier()], n=2, cutoff=0.8)
    uses = [node for node in code.source.nodes if isinstance(node, ast.Name) and node.id == one.arg]
    return code.source.instead(one, close[0], f"Write {close[0]}") if len(close) == 1 and not uses else None

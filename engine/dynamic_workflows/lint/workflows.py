"""What code is to a workflow: which names are ``step`` and ``env``, which functions are steps, and which replay."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .problems import RULES, Fix, Place, Problem
from .scopes import Binding, Defined, Function, Scopes
from .source import Source

WAITS = ("sleep", "sleep_until", "wait_for_event")
_DEEPEST = 20  # assignments followed from name to name


@dataclass(frozen=True, slots=True)
class Step:
    """One ``step.do(…)`` with what it makes a step of; ``name`` is None where it is not written as text."""

    call: ast.Call
    function: Function | None
    name: str | None
    label: str  # how people read of it


class Workflows:
    """One file, read as workflow code.

    Args:
        entrypoints: names of workflow classes in the other files.
    """

    def __init__(self, source: Source, entrypoints: frozenset[str] = frozenset()) -> None:
        self.source, self.scopes = source, Scopes(source)
        self._classes = entrypoints | self.class_names(source)
        self.runs = [run for run in map(self._run_of, source.nodes) if run is not None]
        self.steps = list(self._steps())
        self.bodies: dict[ast.AST, Step] = {step.function: step for step in self.steps if step.function is not None}
        self.handlers = self._handlers()
        self.replayed: set[ast.AST] = set()  # functions whose code runs again in every replay
        self._replay(self.runs + [one for one in source.nodes if self._takes_step(one)])

    def problem(self, id: str, at: ast.AST | Place, message: str, fix: Fix | None = None) -> Problem:
        """Return a problem of this file."""
        place = at if isinstance(at, Place) else self.source.place(at)
        return Problem(RULES[id], message, self.source.file, place, fix)

    # -- classes ----------------------------------------------------------------------------------------------

    @staticmethod
    def class_names(source: Source) -> frozenset[str]:
        """Return the classes of a file that are workflows, those based on one another too."""
        classes = [node for node in source.nodes if isinstance(node, ast.ClassDef)]
        names = {"WorkflowEntrypoint"}
        for _ in classes:
            names |= {one.name for one in classes if any(_last(base) in names for base in one.bases)}
        return frozenset(names)

    def _run_of(self, node: ast.AST) -> Defined | None:
        owner = self.source.parents.get(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name != "run":
            return None
        if not isinstance(owner, ast.ClassDef) or not any(_last(base) in self._classes for base in owner.bases):
            return None
        return node

    def _takes_step(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node in self.bodies:
            return False
        return any(self._is_step_parameter(argument) for argument in _arguments(node))

    # -- step -------------------------------------------------------------------------------------------------

    def is_step(self, expression: ast.AST, depth: int = 0) -> bool:
        """Return whether an expression is the ``step`` object of a run."""
        return self._bound_to(expression, depth, self._step_binding)

    def _step_binding(self, binding: Binding, depth: int) -> bool:
        if binding.kind == "parameter" and isinstance(binding.value, ast.arg):
            return self._is_step_parameter(binding.value)
        return binding.kind == "value" and binding.value is not None and self.is_step(binding.value, depth)

    def _is_step_parameter(self, argument: ast.arg) -> bool:
        function = self.source.parents[self.source.parents[argument]]
        if function in self.runs and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return _arguments(function)[2:3] == [argument]
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            map(_looks_like_do, function.decorator_list)
        ):
            return False  # the result of a step that is called "step"
        return argument.arg == "step"

    def verb(self, call: ast.AST) -> str:
        """Return which of the step API's methods a call is of, or nothing."""
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            return ""
        return call.func.attr if call.func.attr in ("do", *WAITS) and self.is_step(call.func.value) else ""

    def _steps(self) -> Iterator[Step]:
        for node in self.source.nodes:
            if isinstance(node, ast.Call) and self.verb(node) == "do":
                function = self._decorated(node)
                given = argument(node, 0, "name")
                literal = given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None
                if given is None and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    literal = function.name
                own = getattr(function, "name", "")
                yield Step(node, function, literal, f'"{literal}"' if literal is not None else own or "this step")

    def _decorated(self, call: ast.Call) -> Function | None:
        above = self.source.parents[call]
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef) and call in above.decorator_list:
            return above
        if isinstance(above, ast.Call) and above.func is call and len(above.args) == 1:
            return self._function(above.args[0])
        return None

    def _function(self, expression: ast.AST | None) -> Function | None:
        if isinstance(expression, ast.Lambda):
            return expression
        binding = self.scopes.one(expression) if expression is not None else None
        value = binding.value if binding is not None and binding.kind == "function" else None
        return value if isinstance(value, ast.FunctionDef | ast.AsyncFunctionDef) else None

    def _handlers(self) -> set[ast.AST]:
        """Return the functions that undo steps: they run apart, like steps, and hold none."""
        given = [keyword.value for step in self.steps for keyword in step.call.keywords if keyword.arg == "rollback"]
        return {function for function in map(self._function, given) if function is not None}

    def called_step(self, call: ast.AST) -> Step | None:
        """Return the step that a call calls."""
        if not isinstance(call, ast.Call):
            return None
        if isinstance(call.func, ast.Call):
            return next((step for step in self.steps if step.call is call.func.func), None)
        binding = self.scopes.one(call.func)
        if binding is None or binding.value is None:
            return None
        if binding.kind == "function":
            step = self.bodies.get(binding.value)
            decorated = step is not None and self.source.parents[step.call] is binding.value
            return step if decorated else None
        made = binding.value
        return next((step for step in self.steps if isinstance(made, ast.Call) and step.call is made.func), None)

    def durable(self, call: ast.AST) -> str:
        """Return what a call of a step, sleep or wait is, for people; nothing for any other call."""
        verb = self.verb(call)
        if verb in WAITS:
            return f"step.{verb}()"
        step = self.called_step(call)
        return f"Step {step.label}" if step is not None else ""

    # -- env --------------------------------------------------------------------------------------------------

    def outside_call(self, call: ast.AST) -> str:
        """Return what a call of a binding, or of ``fetch``, is called; nothing for any other call."""
        if not isinstance(call, ast.Call):
            return ""
        if self.scopes.path(call.func) == "workers.fetch":
            return "fetch()"
        if isinstance(call.func, ast.Attribute):
            name = self.binding(call.func.value)
            return f"{name}.{call.func.attr}()" if name else ""
        return ""

    def binding(self, expression: ast.AST, depth: int = 0) -> str:
        """Return the name of the binding of ``env`` that an expression is, as in ``env.WORLD``."""
        if isinstance(expression, ast.Attribute) and self._is_env(expression.value):
            return f"env.{expression.attr}"
        if isinstance(expression, ast.Subscript) and self._is_env(expression.value):
            key = expression.slice
            return f"env.{key.value}" if isinstance(key, ast.Constant) and isinstance(key.value, str) else "env"
        bound = self.scopes.one(expression)
        if bound is None or bound.kind != "value" or bound.value is None or depth > _DEEPEST:
            return ""
        return self.binding(bound.value, depth + 1)

    def _is_env(self, expression: ast.AST, depth: int = 0) -> bool:
        if (
            isinstance(expression, ast.Attribute)
            and expression.attr == "env"
            and isinstance(expression.value, ast.Name)
        ):
            return expression.value.id == "self"
        if self.scopes.path(expression) == "workers.env":
            return True
        return self._bound_to(
            expression,
            depth,
            lambda one, deeper: one.kind == "value" and one.value is not None and self._is_env(one.value, deeper),
        )

    def _bound_to(self, expression: ast.AST, depth: int, holds: Callable[[Binding, int], bool]) -> bool:
        if not isinstance(expression, ast.Name) or depth > _DEEPEST:
            return False
        found = self.scopes.lookup(expression.id, expression)
        return bool(found) and all(holds(binding, depth + 1) for binding in found)

    # -- where code runs --------------------------------------------------------------------------------------

    def step_around(self, node: ast.AST) -> Step | None:
        """Return the step whose function holds a node, at any depth."""
        return next((self.bodies[one] for one in self.scopes.functions(node) if one in self.bodies), None)

    def replays(self, node: ast.AST) -> bool:
        """Return whether code runs in every replay: in ``run``, or in a function that it calls, outside any step."""
        return self.scopes.function(node) in self.replayed and self.step_around(node) is None

    def replay(self, name: str) -> None:
        """Take note that another file calls a function of this one outside a step."""
        self._replay([one.value for one in self.scopes.bound(self.source.tree).get(name, []) if one.kind == "function"])

    def _replay(self, found: list[ast.AST] | list[Defined] | list[ast.AST | None]) -> None:
        """Add functions, and those they call outside a step, however far."""
        waiting = [one for one in found if one is not None]
        while waiting:
            function = waiting.pop()
            if function in self.replayed or function in self.bodies or function in self.handlers:
                continue
            self.replayed.add(function)
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            waiting += [called for call in calls if self.replays(call) and (called := self._called(call)) is not None]

    def _called(self, call: ast.Call) -> Defined | None:
        target = call.func
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
            return self._method(call, target.attr)
        function = self._function(target)
        return None if isinstance(function, ast.Lambda) else function

    def _method(self, call: ast.Call, name: str) -> Defined | None:
        owner = next((above for above, _ in self.source.ancestors(call) if isinstance(above, ast.ClassDef)), None)
        found = self.scopes.bound(owner).get(name, []) if owner is not None else []
        value = found[0].value if len(found) == 1 and found[0].kind == "function" else None
        return value if isinstance(value, ast.FunctionDef | ast.AsyncFunctionDef) else None

    def imported_calls(self) -> Iterator[str]:
        """Yield the dotted names of functions that code which replays calls from other files."""
        for node in self.source.nodes:
            if isinstance(node, ast.Call) and self.replays(node) and (path := self.scopes.path(node.func)):
                yield path


def together(sources: Mapping[str, Source]) -> dict[str, Workflows]:
    """Return the files of one project: classes are known across files, and so are the functions that replay."""
    classes = frozenset().union(*(Workflows.class_names(source) for source in sources.values()))
    files = {name: Workflows(source, classes) for name, source in sources.items()}
    modules = {name.removesuffix(".py").replace("/", "."): one for name, one in files.items()}
    known = -1
    while known != (known := sum(len(one.replayed) for one in files.values())):
        for path in [path for one in files.values() for path in one.imported_calls()]:
            module, _, function = path.rpartition(".")
            if module in modules:
                modules[module].replay(function)
    return files


def argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    """Return an argument by position or by name, where neither is behind a star."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    given = call.args[: position + 1]
    if len(given) <= position or any(isinstance(one, ast.Starred) for one in given):
        return None
    return given[position]


def _arguments(function: Defined) -> list[ast.arg]:
    given = function.args
    return [*given.posonlyargs, *given.args, *given.kwonlyargs]


def _looks_like_do(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.func.attr == "do"


def _last(base: ast.expr) -> str:
    return base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""

"""``env.LOADER``: tenant code that loads workers of its own, below its own id and with no more than it has itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.running.calls import Call
from dynamic_workflows.host.running.code import WorkerCode
from dynamic_workflows.shared.errors import LoaderError
from dynamic_workflows.shared.limits import LOADER_ID_LENGTH

if TYPE_CHECKING:
    from dynamic_workflows.host.running.loader import Loader

CHILD = frozenset({"id", "number", "entrypoint", "method", "props", "limits", "code"})


class CodeNeeded(Exception):
    """Raised where the worker asked for is not running and its code did not come along."""


async def serve(loader: Loader, call: Call) -> dict[str, Any]:
    """Call a method of a child: ``{"value"}`` is its answer, ``{"need": True}`` asks for the code of the child.

    The child's id is ``<id of the worker that asks>/<its own>``, so no other worker can reach it.

    Raises:
        LoaderError: the code breaks a rule, or names a binding that the worker that asks has not.
        AttributeError: what was called is no method of a loader.
    """
    if call.method != "call" or len(call.args) != 3:
        raise AttributeError(f"A loader has no method {call.method!r:.80}")
    child, args, kwargs = call.args
    if not isinstance(child, dict) or not child.keys() <= CHILD or type(args) is not list or type(kwargs) is not dict:
        raise LoaderError("What is asked of a loader names a child, a method and its arguments.")
    method, name = child.get("method"), child.get("entrypoint")
    if not isinstance(method, str) or method.startswith("_") or not (name is None or isinstance(name, str)):
        raise LoaderError(f"{method!r:.80} is not a method of a child.")
    stub = loader.stub(_id(call, child), _code(call, child.get("code")))
    entrypoint = stub.get_entrypoint(name, props=child.get("props"), limits=child.get("limits"))
    try:
        return {"value": await entrypoint._call(method, args, kwargs)}
    except CodeNeeded:
        return {"need": True}


def _id(call: Call, child: Mapping[str, Any]) -> str:
    """Return the id of a child, of a form that neither a sibling's child nor an unnamed one can have."""
    id, parent = child.get("id"), call.worker
    if id is None:
        return f"{parent.loader_id}//{parent.serial}-{child.get('number')}"
    if not isinstance(id, str) or not id or "\0" in id:
        raise LoaderError(f"Loader id {id!r:.120} is not text.")
    whole = f"{parent.loader_id}/{id.replace('%', '%25').replace('/', '%2F')}"
    if len(whole) > LOADER_ID_LENGTH:
        raise LoaderError(
            f"Loader id {id!r:.120} is too long: with its parents' it has over {LOADER_ID_LENGTH} characters."
        )
    return whole


def _code(call: Call, code: Any) -> Callable[[], WorkerCode]:
    def load() -> WorkerCode:
        if code is None:
            raise CodeNeeded
        if not isinstance(code, dict):
            raise LoaderError(f"WorkerCode is a mapping, not {type(code).__name__}.")
        given = {name: value for name, value in code.items() if value is not None}
        for name in ("env", "globalOutbound", "global_outbound", "tails"):
            if name in given:
                given[name] = _resolved(call, given[name])
        return WorkerCode.of(given)

    return load


def _resolved(call: Call, value: Any) -> Any:
    """Return a value with the bindings it names in place: ``{"$binding": name}`` at its top or one level below."""
    if isinstance(value, list):
        return [_bound(call, part) for part in value]
    if isinstance(value, dict) and "$binding" not in value:
        return {name: _bound(call, part) for name, part in value.items()}
    return _bound(call, value)


def _bound(call: Call, value: Any) -> Any:
    if not isinstance(value, dict) or value.keys() != {"$binding"}:
        return value
    binding = call.worker.binding(str(value["$binding"]))
    if binding is None:
        raise LoaderError(f"The worker that loads this has no binding {value['$binding']!r:.80} to pass on.")
    return binding

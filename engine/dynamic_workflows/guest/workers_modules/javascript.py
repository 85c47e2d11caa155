"""``pyodide.ffi`` and ``js`` for guests that are not Pyodide: enough for code that converts what it passes.

Nothing needs converting there, so ``to_js`` returns what it is given. Where Pyodide is, its own modules stay.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, NoReturn

from dynamic_workflows.guest.blocking import can_run_sync, run_sync


class JsProxy:
    """The class of JavaScript objects, of which there are none."""


def to_js(obj: Any, /, *, depth: int = -1, **options: Any) -> Any:
    """Return the object itself."""
    return obj


def create_proxy(obj: Any, /, **options: Any) -> Any:
    """Return the object itself."""
    return obj


class Object:
    """As much of JavaScript's ``Object`` as ``dict_converter=Object.fromEntries`` needs."""

    fromEntries = dict


def _no_javascript(name: str) -> NoReturn:
    raise AttributeError(f"js.{name}: there is no JavaScript here; this sandbox runs on CPython.")


def modules() -> dict[str, ModuleType]:
    """Return the modules by name: none in Pyodide, which has them."""
    if sys.platform == "emscripten":
        return {}
    js, pyodide, ffi = (ModuleType(name, __doc__) for name in ("js", "pyodide", "pyodide.ffi"))
    vars(js).update(Object=Object, __getattr__=_no_javascript)
    # Errors keep their own class here, so whatever is caught as JavaScript's is an Exception.
    vars(ffi).update(to_js=to_js, create_proxy=create_proxy, JsProxy=JsProxy, JsException=Exception)
    vars(ffi).update(run_sync=run_sync, can_run_sync=can_run_sync)
    vars(pyodide).update(ffi=ffi, __path__=[])
    return {"js": js, "pyodide": pyodide, "pyodide.ffi": ffi}

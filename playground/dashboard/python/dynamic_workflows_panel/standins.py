"""Registers stand-ins for numpy and pandas: names that Bokeh and Panel import, and nothing that computes.

No package index has a numpy for this Pyodide. Bokeh and Panel ask of every value whether it is an array or a table;
here none is, and that is all that these types say. Whatever else is asked of them raises, by name.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import NoReturn

VERSIONS = {"numpy": "2.0.0+standin", "pandas": "3.0.0+standin"}


class NotInStandIn(AttributeError):
    """Raised when something is asked of a stand-in that only the real package has."""

    def __init__(self, package: str, name: str) -> None:
        super().__init__(
            f"{package}.{name} is not here: {package} is a stand-in of a few names, with which Panel is imported in"
            " this browser. Use lists and dicts, or a site built with PYODIDE_DIST=, which brings the real one."
        )


def lacking(package: str, name: str) -> NoReturn:
    """Say that a stand-in has no such thing."""
    raise NotInStandIn(package, name)


def stand_in() -> list[str]:
    """Register a stand-in for each package that is not here, and return their names: none beside the real ones."""
    missing = [name for name in VERSIONS if importlib.util.find_spec(name) is None]
    for name in missing:
        _register(name)
    return missing


def _register(package: str) -> None:
    import micropip  # a part of Pyodide: what it registers, `micropip.list_mock_packages()` names

    source = f"from dynamic_workflows_panel.{package}_types import *"
    micropip.add_mock_package(package, VERSIONS[package], modules={package: source})


def attribute_of(package: str) -> Callable[[str], NoReturn]:
    """Return the ``__getattr__`` of a stand-in."""

    def __getattr__(name: str) -> NoReturn:  # noqa: N807  the name that Python looks for in a module
        if name.startswith("__"):
            raise AttributeError(name)  # Python's own questions, such as __wrapped__
        lacking(package, name)

    return __getattr__

"""Names in place of pandas'. Panel wraps two of them when it is imported; calling one raises."""

from __future__ import annotations

from typing import Any, NoReturn

from .standins import VERSIONS, attribute_of, lacking

__version__ = VERSIONS["pandas"]
__getattr__ = attribute_of("pandas")


def read_csv(*_: Any, **__: Any) -> NoReturn:
    """Raise: there are no tables."""
    lacking("pandas", "read_csv()")


def read_json(*_: Any, **__: Any) -> NoReturn:
    """Raise: there are no tables."""
    lacking("pandas", "read_json()")


__all__ = ["__getattr__", "__version__", "read_csv", "read_json"]

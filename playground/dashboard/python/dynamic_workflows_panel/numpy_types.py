"""Types in place of numpy's. Nothing is ever an array here: what makes one raises."""

from __future__ import annotations

from typing import Any, NoReturn

from .standins import VERSIONS, attribute_of, lacking

__version__ = VERSIONS["numpy"]
__getattr__ = attribute_of("numpy")

generic = type("generic", (), {"__doc__": "A scalar."})
integer = type("integer", (generic,), {"__doc__": "A whole number; no value is one of numpy's here."})
bool_, float32, float64 = (type(name, (generic,), {}) for name in ("bool_", "float32", "float64"))
int8, int16, int32, uint8, uint16, uint32 = (
    type(name, (integer,), {}) for name in ("int8", "int16", "int32", "uint8", "uint16", "uint32")
)


class _Moment(generic):  # type: ignore[misc, valid-type]
    """A point in time or a span of it; Bokeh makes one of each when it is imported."""

    def __init__(self, *value: Any) -> None:
        self.value = value


datetime64, timedelta64 = type("datetime64", (_Moment,), {}), type("timedelta64", (_Moment,), {})


class dtype:  # noqa: N801  numpy's name
    """The type of an array's items, by which Bokeh lists those it can send."""

    def __init__(self, of: type) -> None:
        self.type = of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dtype) and other.type is self.type

    def __hash__(self) -> int:
        return hash(self.type)


class ndarray:  # noqa: N801  numpy's name
    """An array. There are none."""

    def __init__(self, *_: Any, **__: Any) -> NoReturn:
        lacking("numpy", "ndarray()")


__all__ = [
    "__getattr__",
    "__version__",
    "bool_",
    "datetime64",
    "dtype",
    "float32",
    "float64",
    "generic",
    "int8",
    "int16",
    "int32",
    "integer",
    "ndarray",
    "timedelta64",
    "uint8",
    "uint16",
    "uint32",
]  # fmt: skip

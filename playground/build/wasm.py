"""Lowers the memory maximum that a wasm binary declares: a hostile tenant meets a MemoryError at 256 MiB, not 4 GiB.

The page patches the engine's own binary for its sandboxes: a second file of 9.6 MB would be downloaded for five bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playground.build.steps import BuildError

MEMORY_SECTION = 5
PAGES_PER_MIB = 16
HAS_MAXIMUM = 1


@dataclass(frozen=True, slots=True)
class Patch:
    """Bytes at one place of a file, and those that take their place."""

    at: int
    before: bytes
    after: bytes

    def apply(self, binary: bytes) -> bytes:
        """Return the patched file."""
        return binary[: self.at] + self.after + binary[self.at + len(self.after) :]

    def as_json(self) -> dict[str, Any]:
        """Return it as the page reads it."""
        return {"at": self.at, "before": list(self.before), "after": list(self.after)}


def memory_patch(binary: bytes, mebibytes: int) -> Patch:
    """Return what lowers the maximum of the binary's one memory, in place and of the same length."""
    if binary[:8] != b"\0asm\1\0\0\0":
        raise BuildError("pyodide.asm.wasm is not a WebAssembly binary of version 1.")
    position = 8
    while position < len(binary):
        section = binary[position]
        size, start = _number(binary, position + 1)
        if section == MEMORY_SECTION:
            return _maximum(binary, start, mebibytes * PAGES_PER_MIB)
        position = start + size
    raise BuildError("pyodide.asm.wasm has no memory of its own.")


def _maximum(binary: bytes, start: int, pages: int) -> Patch:
    count, flags_at = _number(binary, start)
    minimum, maximum_at = _number(binary, flags_at + 1)
    if count != 1 or not binary[flags_at] & HAS_MAXIMUM:
        raise BuildError("pyodide.asm.wasm does not declare exactly one memory with a maximum.")
    _, end = _number(binary, maximum_at)
    if pages < minimum:
        raise BuildError(f"pyodide.asm.wasm needs {minimum // PAGES_PER_MIB} MiB to start, more than the maximum.")
    return Patch(maximum_at, binary[maximum_at:end], _padded(pages, end - maximum_at))


def _number(binary: bytes, position: int) -> tuple[int, int]:
    """Read one LEB128 number; return it and the position after it."""
    value = shift = 0
    while True:
        byte = binary[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position


def _padded(value: int, length: int) -> bytes:
    """Write a number as LEB128 of a given length."""
    encoded = bytes((value >> 7 * index) & 0x7F | (0x80 if index < length - 1 else 0) for index in range(length))
    if value >> 7 * length:
        raise BuildError("The memory maximum does not fit the place it has in pyodide.asm.wasm.")
    return encoded

"""Lowers the memory maximum that a wasm binary declares: a hostile tenant meets a MemoryError at 256 MiB, not 4 GiB."""

from __future__ import annotations

from playground.build.steps import BuildError

MEMORY_SECTION = 5
PAGES_PER_MIB = 16
HAS_MAXIMUM = 1


def with_memory_maximum(binary: bytes, mebibytes: int) -> bytes:
    """Return the binary with the maximum of its one memory replaced, in place and of the same length."""
    if binary[:8] != b"\0asm\1\0\0\0":
        raise BuildError("pyodide.asm.wasm is not a WebAssembly binary of version 1.")
    patched = bytearray(binary)
    position = 8
    while position < len(binary):
        section = binary[position]
        size, start = _number(binary, position + 1)
        if section == MEMORY_SECTION:
            count, flags_at = _number(binary, start)
            minimum, maximum_at = _number(binary, flags_at + 1)
            if count != 1 or not binary[flags_at] & HAS_MAXIMUM:
                raise BuildError("pyodide.asm.wasm does not declare exactly one memory with a maximum.")
            _, end = _number(binary, maximum_at)
            pages = mebibytes * PAGES_PER_MIB
            if pages < minimum:
                raise BuildError(
                    f"pyodide.asm.wasm needs {minimum // PAGES_PER_MIB} MiB to start, more than the maximum."
                )
            patched[maximum_at:end] = _padded(pages, end - maximum_at)
            return bytes(patched)
        position = start + size
    raise BuildError("pyodide.asm.wasm has no memory of its own.")


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

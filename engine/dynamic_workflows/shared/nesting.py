"""How deeply a JSON text is nested, found before it is parsed.

In WebAssembly a deeply nested text overflows the machine's own stack inside the parser, which ends the whole
interpreter instead of raising RecursionError: a sandbox could take the engine down with one frame.
"""

from __future__ import annotations

_STRUCTURE = b"[]{}"
_REST = bytes(set(range(256)) - set(_STRUCTURE))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def nested_deeper(text: str, most: int) -> bool:
    """Return whether brackets outside strings are nested more than ``most`` deep, or do not close."""
    if text.count("[") + text.count("{") <= most:
        return False
    plain = text.encode("utf-8", "surrogatepass").replace(b"\\\\", b"").replace(b'\\"', b"")
    outside = b"".join(plain.split(b'"')[::2])
    brackets = outside.translate(_ONE_KIND, _REST)
    for _ in range(most):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)

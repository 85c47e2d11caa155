"""Text that storage takes: Python's may hold half a surrogate pair, which has no UTF-8."""

from __future__ import annotations


def storable(text: str) -> bool:
    """Return whether a text can be stored."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def cleaned(text: str) -> str:
    """Return a text with what cannot be stored written as an escape."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()

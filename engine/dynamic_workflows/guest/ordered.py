"""``asyncio.as_completed`` in the order it is given.

The original puts what it is given into a set and starts coroutines in that set's order, which is another one in every
life of a run: steps of one name would swap their places, and so their results, on replay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

_original: Any = asyncio.as_completed


def _as_completed(fs: Iterable[Any], **options: Any) -> Any:
    """Start what is not under way in the order given, then do as the original does."""
    if asyncio.iscoroutine(fs) or asyncio.isfuture(fs):
        return _original(fs, **options)  # which says what is wrong
    return _original([asyncio.ensure_future(each) for each in fs], **options)


class InOrder:
    """Puts it in place for a turn, and the original back after it."""

    def __enter__(self) -> None:
        asyncio.as_completed = _as_completed

    def __exit__(self, *exc: object) -> None:
        asyncio.as_completed = _original

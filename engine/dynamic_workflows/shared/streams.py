"""Byte streams as outputs of steps: the text that stands for one in history, and what is shown of it.

The bytes themselves lie in table ``chunk``, 256 KiB a row (semantics B.8).
"""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from typing import Any, TypeGuard

from .limits import STREAM_CHUNK_BYTES, STREAM_PREVIEW

TAG = '{"$":"stream",'  # no value a guest may store begins like this: a dict with the key "$" is tagged itself
HEAD_BYTES = 4 * STREAM_PREVIEW  # a character takes at most four
TRUNCATED = "[truncated output]"
_dumps = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class StreamOutput:
    """What history says of a stream: its bytes, its rows, and its beginning (None where that is nobody's business)."""

    size: int
    chunks: int
    preview: str | None

    @property
    def text(self) -> str:
        """The wire text that stands for the stream."""
        shown = {} if self.preview is None else {"preview": self.preview}
        return f'{TAG}"v":{_dumps({"size": self.size, "chunks": self.chunks, **shown})}}}'


def is_stream(text: str | None) -> TypeGuard[str]:
    """Return whether a wire text stands for a stream."""
    return text is not None and text.startswith(TAG)


def stream_output(text: str) -> StreamOutput:
    """Return what a text that stands for a stream says."""
    found: dict[str, Any] = json.loads(text)["v"]
    return StreamOutput(found["size"], found["chunks"], found.get("preview"))


def stored_bytes(text: str) -> int:
    """Return what a step's output takes of its instance's storage."""
    return stream_output(text).size if is_stream(text) else len(text)


def chunks_of(size: int) -> int:
    """Return how many rows a stream of so many bytes has."""
    return -(-size // STREAM_CHUNK_BYTES)


def preview(head: bytes, size: int) -> str:
    """Return what is shown of a stream of ``size`` bytes that begins with ``head`` (its first 4 KiB)."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head[:HEAD_BYTES], final=size <= HEAD_BYTES)
    except UnicodeDecodeError:
        return f"[ReadableStream (binary): {size} bytes]"
    if size > HEAD_BYTES or len(text) > STREAM_PREVIEW:
        return text[:STREAM_PREVIEW] + TRUNCATED
    return text

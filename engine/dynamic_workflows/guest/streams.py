"""Streams of bytes: what a step returned, cut into equal pieces, and what is read again from storage."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from contextlib import suppress
from types import AsyncGeneratorType
from typing import TYPE_CHECKING, Any

from dynamic_workflows.shared.errors import (
    InvalidStepReadableStreamError,
    OversizedStreamChunkError,
    UnsupportedStreamChunkError,
    record_of,
)
from dynamic_workflows.shared.limits import STREAM_BURST, STREAM_CHUNK_BYTES, STREAM_INPUT_BYTES, STREAM_RATE
from dynamic_workflows.shared.streams import stream_output

from .scope import SCOPE, Suspended

if TYPE_CHECKING:
    from .attempts import Wait
    from .run import Run


async def pieces(stream: AsyncIterable[Any]) -> AsyncIterator[bytes]:
    """Yield what a stream yields in pieces of 256 KiB; the last one may be shorter.

    Raises:
        StreamError: the stream cannot be read, raises, or yields something that cannot be stored.
    """
    held = bytearray()
    async for part in _parts(stream):
        held += part
        while len(held) >= STREAM_CHUNK_BYTES:
            yield bytes(held[:STREAM_CHUNK_BYTES])
            del held[:STREAM_CHUNK_BYTES]
    if held:
        yield bytes(held)


async def _parts(stream: AsyncIterable[Any]) -> AsyncIterator[bytes | bytearray | memoryview]:
    if isinstance(stream, AsyncGeneratorType) and (stream.ag_running or stream.ag_frame is None):
        raise InvalidStepReadableStreamError(InvalidStepReadableStreamError.UNREADABLE)
    iterator = None
    try:
        while True:
            try:
                iterator = iterator or aiter(stream)
                part = await anext(iterator)
            except StopAsyncIteration:
                iterator = None
                return
            except Exception as error:
                iterator = None
                raise InvalidStepReadableStreamError.failed(record_of(error)["message"]) from error
            yield _checked(part)
    except Exception:
        await _close(iterator)
        raise


def _checked(part: object) -> bytes | bytearray | memoryview:
    if not isinstance(part, bytes | bytearray | memoryview):
        raise UnsupportedStreamChunkError
    size = part.nbytes if isinstance(part, memoryview) else len(part)
    if size > STREAM_INPUT_BYTES:
        raise OversizedStreamChunkError
    return part.tobytes() if isinstance(part, memoryview) else part


async def _close(iterator: object) -> None:
    aclose = getattr(iterator, "aclose", None)
    if aclose is not None:
        with suppress(Exception):  # the stream has been refused already
            await aclose()


class Pace:
    """Keeps what a guest sends of its streams below what the relay of its sandbox takes."""

    def __init__(self, elapsed: Callable[[], int]) -> None:
        self._elapsed = elapsed
        self._left: float = STREAM_BURST
        self._at = elapsed()

    async def wait(self, characters: int) -> None:
        """Return once so much may be sent."""
        now = self._elapsed()
        self._left = min(STREAM_BURST, self._left + (now - self._at) * STREAM_RATE / 1_000) - characters
        self._at = now
        if self._left < 0:
            await asyncio.sleep(-self._left / STREAM_RATE)


class ByteStream:
    """The stored stream of a step: ``async for`` yields its bytes in pieces, ``read()`` returns them all.

    Each loop begins at the first byte again. ``size`` is the number of bytes.
    """

    __slots__ = ("_chunks", "_key", "_outputs", "size")

    def __init__(self, outputs: Outputs, key: str, size: int, chunks: int) -> None:
        self._outputs, self._key, self._chunks = outputs, key, chunks
        self.size = size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for n in range(self._chunks):
            yield await self._outputs.chunk(self._key, n)

    async def read(self) -> bytes:
        """Return all bytes."""
        return b"".join([piece async for piece in self])

    def __repr__(self) -> str:
        return f"<stream of {self._key.partition(':')[2]}: {self.size:,} bytes>"


class Outputs:
    """What one run reads from the engine's storage: pieces of streams, and values that its memo only named."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._chunks: dict[tuple[str, int], asyncio.Future[bytes]] = {}
        self._values: dict[str, dict[str, Any]] = {}

    def stream(self, key: str, text: str) -> ByteStream:
        """Return the stream that a text stands for."""
        output = stream_output(text)
        return ByteStream(self, key, output.size, output.chunks)

    async def chunk(self, key: str, n: int) -> bytes:
        """Return one piece of a stored stream.

        Raises:
            WorkflowInternalError: it is not there any more.
            RuntimeError: the run whose stream it is has ended.
        """
        scope, run = SCOPE.get(), self._run
        if scope is None or scope.run is not run:
            raise RuntimeError("A stream can be read only in the run whose step it comes from.")
        if run.dead:
            raise Suspended
        if scope.silent:
            await asyncio.Future()  # for ever: the code that asks has been abandoned
        asked = self._chunks.get((key, n))
        if asked is None:
            asked = self._chunks[key, n] = run.guest.loop.create_future()
            run.say({"k": "get", "run": run.id, "key": key, "chunk": n})
        return await asyncio.shield(asked)

    def fetch(self, key: str, outcome: dict[str, Any]) -> None:
        """Ask for the value that a memo entry names; the entry is completed when it arrives."""
        self._values[key] = outcome
        self._run.say({"k": "get", "run": self._run.id, "key": key})

    def awaited(self, wait: Wait, outcome: Mapping[str, Any]) -> bool:
        """Return whether the next answer to give is still on its way."""
        return wait.key in self._values and self._values[wait.key] is outcome and not wait.future.done()

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return not self._chunks and not self._values

    def answered(self, message: Mapping[str, Any]) -> None:
        """Take a piece or a value from the engine."""
        key, n = message["key"], message.get("chunk")
        if n is None:
            outcome = self._values.pop(key, {})
            outcome |= {"e": message["error"]} if "error" in message else {"v": message["value"]}
            return
        asked = self._chunks.pop((key, n), None)
        if asked is None or asked.done():
            return
        if "error" in message:
            asked.set_exception(self._run.guest.exception(message["error"]))
            asked.exception()  # whoever asked may have gone
        else:
            asked.set_result(b64decode(message["bytes"]))

    def forget(self) -> None:
        """Let go of everything that is on its way."""
        self._chunks.clear()
        self._values.clear()

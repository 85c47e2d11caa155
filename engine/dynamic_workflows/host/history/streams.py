"""Streams as outputs of steps: chunks are staged as they arrive, and belong to the step once its attempt completes.

The completing row of history and the last chunk's fate are one turn: a stream is there as a whole or not at all. What
an attempt staged goes with the row that says it failed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamic_workflows.shared.errors import ProtocolError, StorageLimitExceeded, WorkflowInternalError, record_of
from dynamic_workflows.shared.limits import STORAGE_BYTES, STREAM_CHUNK_BYTES
from dynamic_workflows.shared.streams import HEAD_BYTES, StreamOutput, is_stream, preview, stream_output

if TYPE_CHECKING:
    from dynamic_workflows.host.history.instance import HistoryRow, Instance, Step
    from dynamic_workflows.host.history.transaction import Transaction

Message = dict[str, Any]


@dataclass(slots=True)
class Staged:
    """What has arrived of the stream of one attempt."""

    attempt: int
    chunks: int = 0
    size: int = 0
    head: bytes = b""
    full: bool = False  # its last chunk was a short one: no other may follow


class Staging:
    """The streams of the attempts in flight. ``limit`` is the most bytes of output one instance may store."""

    def __init__(self) -> None:
        self.limit = STORAGE_BYTES
        self._open: dict[tuple[int, str], Staged] = {}

    def take(self, tx: Transaction, instance: Instance, step: Step, message: Message) -> Message:
        """Store the next chunk and return the message that acknowledges it.

        Raises:
            ProtocolError: it is not the next chunk, or no chunk.
            StorageLimitExceeded: the instance has no room for it.
        """
        key, n = message["key"], message["chunk"]
        staged = self._open.get((instance.uid, key)) or Staged(step.attempt)
        piece = _piece(message["bytes"])
        if n != staged.chunks or staged.full:
            raise ProtocolError(f"chunk {n} of {key} is not the next one")
        self.check(instance, len(piece))
        self._open[instance.uid, key] = staged
        tx.execute("insert into chunk values (?, ?, ?, ?, ?)", (instance.uid, instance.life, key, n, piece))
        staged.head = staged.head or piece[:HEAD_BYTES]
        staged.chunks, staged.size, staged.full = n + 1, staged.size + len(piece), len(piece) < STREAM_CHUNK_BYTES
        return {"k": "ack", "key": key, "attempt": step.attempt, "chunk": n}

    def check(self, instance: Instance, size: int) -> None:
        """Raise StorageLimitExceeded where an instance has no room for so many bytes more."""
        staged = sum(one.size for (owner, _), one in self._open.items() if owner == instance.uid) if self._open else 0
        if instance.stored + staged + size > self.limit:
            raise StorageLimitExceeded(self.limit)

    def commit(self, instance: Instance, key: str, attempt: int, chunks: int, *, sensitive: bool) -> str:
        """Return the text that stands for what an attempt has staged, now that it is complete.

        Raises:
            ProtocolError: the guest sent another number of chunks.
        """
        staged = self._open.get((instance.uid, key)) or Staged(attempt)
        if staged.chunks != chunks:
            raise ProtocolError(f"{key} has {staged.chunks} chunks, not {chunks}")
        self._open.pop((instance.uid, key), None)
        return StreamOutput(staged.size, chunks, None if sensitive else preview(staged.head, staged.size)).text

    def wipe(self, tx: Transaction, instance: Instance, key: str) -> None:
        """Remove what an attempt that failed has staged."""
        if self._open.pop((instance.uid, key), None) is not None:
            wipe(tx, instance, key)

    def forget(self, uid: int) -> None:
        """Let go of an instance that was deleted."""
        for staged in [staged for staged in self._open if staged[0] == uid]:
            del self._open[staged]


def _piece(text: str) -> bytes:
    try:
        piece = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProtocolError("a chunk is not base64") from None
    if not 0 < len(piece) <= STREAM_CHUNK_BYTES:
        raise ProtocolError(f"a chunk has {len(piece):,} bytes")
    return piece


def wipe(tx: Transaction, instance: Instance, key: str) -> None:
    """Remove every chunk of a step of this life."""
    tx.execute("delete from chunk where uid = ? and life = ? and key = ?", (instance.uid, instance.life, key))


def carry(tx: Transaction, instance: Instance, kept: Iterable[HistoryRow]) -> None:
    """Let the streams among the kept rows belong to the instance's new life, and remove the others."""
    for row in kept:
        if row.kind == "step.completed" and is_stream(row.data):
            sql = "update chunk set life = ? where uid = ? and life = ? and key = ?"
            tx.execute(sql, (instance.life, row.uid, row.life, row.key))
    tx.execute("delete from chunk where uid = ? and life < ?", (instance.uid, instance.life))


def broken(tx: Transaction, instance: Instance) -> set[str]:
    """Return the keys of completed streams whose chunks are not those that history tells of."""
    streams = {key: stream_output(step.value or "") for key, step in instance.steps.items() if is_stream(step.value)}
    if not streams:
        return set()
    sql = "select key, count(*), max(n), sum(length(bytes)) from chunk where uid = ? and life = ? group by key"
    found = {key: (chunks, last, size) for key, chunks, last, size in tx.query(sql, (instance.uid, instance.life))}
    return {
        key
        for key, stream in streams.items()
        if found.get(key, (0, -1, 0)) != (stream.chunks, stream.chunks - 1, stream.size)
    }


def corrupt(key: str) -> dict[str, Any]:
    """Return the error of a stored output that cannot be read."""
    name = key.partition(":")[2]
    return record_of(WorkflowInternalError(f"Stored output for {name} is corrupt or incomplete."))


def answer(tx: Transaction, instance: Instance, step: Step, message: Message) -> Message:
    """Return one chunk of a completed stream, or the value that a memo only named."""
    key, n = message["key"], message.get("chunk")
    reply: Message = {"k": "value", "key": key}
    if n is None:
        value = step.value
        if step.sealed:
            rows = tx.query("select value from sealed where uid = ? and seq = ?", (instance.uid, step.settled))
            value = rows[0][0] if rows else None
        return {**reply, "error": corrupt(key)} if value is None else {**reply, "value": value}
    sql = "select bytes from chunk where uid = ? and life = ? and key = ? and n = ?"
    rows = tx.query(sql, (instance.uid, instance.life, key, n)) if is_stream(step.value) else []
    reply["chunk"] = n
    if not rows:
        return {**reply, "error": corrupt(key)}
    return {**reply, "bytes": base64.b64encode(rows[0][0]).decode("ascii")}


def content(tx: Transaction, instance: Instance, key: str) -> bytes:
    """Return the bytes of a completed stream."""
    sql = "select bytes from chunk where uid = ? and life = ? and key = ? order by n"
    return b"".join(piece for (piece,) in tx.query(sql, (instance.uid, instance.life, key)))


def misplaced(tx: Transaction) -> list[tuple[Any, ...]]:
    """Return the chunks that belong to no completed stream and to no attempt in flight: there must be none."""
    return tx.query(
        "select distinct uid, life, key from chunk c where not exists (select 1 from instance i where i.uid = c.uid"
        " and i.life = c.life) or not exists (select 1 from history h where h.uid = c.uid and h.life = c.life and"
        " h.key = c.key and (h.kind = 'step.completed' or (h.kind = 'step.started' and not exists (select 1 from"
        " history f where f.uid = h.uid and f.life = h.life and f.key = h.key and f.attempt = h.attempt and"
        " f.kind = 'step.failed'))))"
    )

"""What the guest says in a turn, posted as one frame, or as several where one would be too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dynamic_workflows.shared.limits import FRAME_BYTES, MESSAGES_MAX
from dynamic_workflows.shared.protocol import encode_frame


class Outbox:
    """Collects messages and posts them; a frame with ``more`` is always followed by another one."""

    def __init__(self, post: Callable[[str], None]) -> None:
        self._post = post
        self._messages: list[dict[str, Any]] = []
        self._owed = False
        self.say = self._messages.append

    def flush(self, *, more: bool = False) -> None:
        """Post what there is; with ``more``, promise another frame of this turn."""
        messages = self._messages[:]
        if not messages and (more or not self._owed):
            return
        self._messages.clear()
        self._owed = more
        self._send(messages, more)

    def _send(self, messages: list[dict[str, Any]], more: bool) -> None:
        text = encode_frame(messages, more=more)
        if len(messages) > 1 and (len(text) > FRAME_BYTES or len(messages) > MESSAGES_MAX // 2):
            middle = len(messages) // 2
            self._send(messages[:middle], True)
            self._send(messages[middle:], more)
        else:
            self._post(text)

    def forget(self, run: int) -> None:
        """Drop what a run has said and is not posted yet."""
        self._messages[:] = [message for message in self._messages if message.get("run") != run]

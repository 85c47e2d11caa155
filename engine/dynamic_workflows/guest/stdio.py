"""A guest in a process of its own: every frame is one line, and file 1 is free for whatever tenant code writes.

The host starts it as ``python -I guest.zip SETTINGS``; it ends, with everything it started, when its input does.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import heapq
import json
import os
import shutil
import signal
import sys
import time
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NoReturn

from dynamic_workflows.shared.process import GUEST_ZIP, OUT_OF_MEMORY, READY

from .worker import Guest

GRACE = 5  # seconds of CPU time from the signal that ends a process to the one it cannot ignore


def main() -> NoReturn:
    """Set the limits, say that this guest is ready, and run turns for as long as the host is there."""
    settings = json.loads(sys.argv.pop())
    source, sink = _own_pipes()
    faulthandler.enable(2)
    process = Process(source, sink)
    set_limits(settings)
    gc.freeze()  # what is loaded by now stays
    try:
        process.run()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


class Process:
    """One guest between two pipes: a thread reads frames and notices the end, turns run here."""

    def __init__(self, source: int, sink: int) -> None:
        self._source, self._sink, self._folder = source, sink, os.getcwd()
        self._frames: SimpleQueue[str] = SimpleQueue()
        self._due: list[int] = []
        self._guest = Guest(post=self._post, arm=self._arm, elapsed=_elapsed, folder=lambda names: self._folder)

    def run(self) -> NoReturn:
        """Take frames and timers, one turn each."""
        Thread(target=self._read, daemon=True).start()
        self._post(READY)
        while True:
            text = self._next()
            if text is None:
                self._guest.turn()
            else:
                self._guest.receive(text)

    def _next(self) -> str | None:
        """Wait for a frame, or return None when a timer is due first."""
        if not self._due:
            return self._frames.get()
        try:
            return self._frames.get(timeout=max(0, self._due[0] - _elapsed()) / 1_000)
        except Empty:
            heapq.heappop(self._due)
            return None

    def _arm(self, delay: int) -> None:
        heapq.heappush(self._due, _elapsed() + delay)

    def _post(self, text: str) -> None:
        line = memoryview(f"{text}\n".encode("ascii"))
        try:
            while line:
                line = line[os.write(self._sink, line) :]
        except OSError:
            end()

    def _read(self) -> None:
        try:
            with open(self._source, encoding="ascii", newline="\n") as lines:
                for line in lines:
                    self._frames.put(line)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        finally:
            end(self._folder)


def end(folder: str | None = None) -> NoReturn:
    """End this process and everything it started: there is nobody left to hear of it, or to clear its folder away."""
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        home = os.path.dirname(folder)
        with contextlib.suppress(OSError):
            if os.listdir(home) == [GUEST_ZIP]:
                shutil.rmtree(home, ignore_errors=True)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def set_limits(limits: dict[str, int]) -> None:
    """Limit the memory (bytes), CPU time (seconds) and open files of this process, where the system can.

    Raises:
        OSError, ValueError: a limit cannot be set.
    """
    try:
        import resource
    except ImportError:
        return
    kinds = {"cpu": resource.RLIMIT_CPU, "files": resource.RLIMIT_NOFILE}
    if sys.platform != "darwin":  # there every process maps more than any useful limit
        kinds["memory"] = resource.RLIMIT_AS
    for name, kind in kinds.items():
        _, most = resource.getrlimit(kind)
        soft = limits[name] if most == resource.RLIM_INFINITY else min(limits[name], most)
        hard = soft + GRACE if name == "cpu" and most == resource.RLIM_INFINITY else soft
        resource.setrlimit(kind, (soft, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _own_pipes() -> tuple[int, int]:
    """Return the pipes of frames under numbers of their own; files 0 and 1 become nothing and standard error."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    return source, sink


def _elapsed() -> int:
    return int(time.monotonic() * 1_000)

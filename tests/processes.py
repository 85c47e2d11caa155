"""The processes of the browsers that this test run has started: which there are, what they hold, and a stop to them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def processes() -> Iterator[tuple[int, str]]:
    """Yield every process with its command; Chromium joins the arguments of its children by spaces."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                yield int(entry.name), (entry / "cmdline").read_bytes().decode(errors="replace")


def parent(pid: int) -> int | None:
    """Return the parent of a process, None when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return None


def descendants(of: int, kind: str = "") -> list[int]:
    """Return what a process and its children have started; with ``kind``, what has that in its command."""
    ours = {of}
    parents = {pid: parent(pid) for pid, _ in processes()}
    while new := {pid for pid, above in parents.items() if above in ours and pid not in ours}:
        ours |= new
    return [pid for pid, command in processes() if pid in ours and parent(pid) in ours and kind in command]


def with_workers() -> set[int]:
    """Return this test run's renderers in which a worker lives: those of a page that leads and of its sandboxes."""
    return {pid for pid in descendants(os.getpid(), "--type=renderer") if "DedicatedWorker" in _threads(pid)}


def _threads(pid: int) -> str:
    names = []
    for thread in Path(f"/proc/{pid}/task").glob("*/comm"):
        with suppress(OSError):
            names.append(thread.read_text(encoding="utf-8"))
    return " ".join(names)


@contextmanager
def stopped(pids: Iterable[int]) -> Iterator[None]:
    """Let processes stand still, as a browser does with a frozen tab: its page and its workers."""
    held = list(pids)
    assert held, "there is nothing to stop"
    for pid in held:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in held:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

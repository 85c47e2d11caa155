"""Sandboxes as processes: one guest each, with limits, a folder of its own, and nothing inherited.

They keep tenants out of the engine and of each other's memory. They are no wall around files and network of this user.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import py_compile
import shutil
import signal
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from .host.protocols import Listener
from .shared.errors import SandboxUnavailable
from .shared.limits import FRAME_BYTES, SANDBOXES
from .shared.process import GUEST_ZIP, OUT_OF_MEMORY, READY

PACKAGE = Path(__file__).resolve().parent
GUEST_PARTS = ("__init__.py", "shared", "guest", "lint")
MAIN = "from dynamic_workflows.guest.stdio import main\nmain()\n"
READY_SECONDS = 60
DRAIN_SECONDS = 1  # for what a process that ended has left in its pipes
STDERR_BYTES = 1 << 20  # of one process; the rest is not kept
LINE_BYTES = 8_192


class SubprocessSandboxes:
    """Runs each worker in a Python process of its own, killed as a group with whatever it started.

    A child that leaves the group by ``setsid`` goes on: keeping it takes what only an administrator can set up.

    Args:
        capacity: how many processes may be open at once; twice as many while attempts keep all of them.
        memory: bytes of address space of one process; beyond it tenant code gets MemoryError (not on macOS).
        cpu: seconds of CPU time in the life of one process; then it ends and its attempt fails with ResourceLimitError.
        files: open files of one process; beyond it tenant code gets OSError.
        python: the interpreter, this one unless given.
    """

    effects: Literal["mediated", "direct"] = "direct"

    def __init__(
        self,
        *,
        capacity: int = SANDBOXES,
        memory: int = 1 << 30,
        cpu: int = 3_600,
        files: int = 256,
        python: str = sys.executable,
    ) -> None:
        self.capacity, self.most = capacity, 2 * capacity
        self._limits = {"memory": memory, "cpu": cpu, "files": files}
        self._python = python
        self._folder: Path | None = None
        self._open: set[SubprocessSandbox] = set()
        self._opened = 0

    async def open(self, loader_id: str, listener: Listener) -> SubprocessSandbox:
        """Return a worker that has never run tenant code.

        Raises:
            SandboxUnavailable: the process does not start; says what it wrote.
        """
        sandbox = SubprocessSandbox(listener, self._new_folder(), self._limits["cpu"], self._open.discard)
        self._open.add(sandbox)
        try:
            await sandbox.start([self._python, "-I", "-B", str(self._zip), json.dumps(self._limits)])
        except BaseException:
            sandbox.destroy()
            raise
        return sandbox

    async def close(self) -> None:
        """Destroy every sandbox and return once their processes and folders are gone."""
        left = list(self._open)
        for sandbox in left:
            sandbox.destroy()
        await asyncio.gather(*(sandbox.ended.wait() for sandbox in left))
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    @property
    def _zip(self) -> Path:
        assert self._folder is not None
        return self._folder / GUEST_ZIP

    def _new_folder(self) -> Path:
        if self._folder is None or not self._zip.exists():  # tenant code could have removed it
            self._folder = Path(tempfile.mkdtemp(prefix="dynamic-workflows-"))
            write_guest_zip(self._zip)
        self._opened += 1
        folder = self._folder / str(self._opened)
        folder.mkdir()
        return folder


class SubprocessSandbox(asyncio.SubprocessProtocol):
    """One guest process. Its frames are the lines of its standard output; standard error goes to the log."""

    def __init__(self, listener: Listener, folder: Path, cpu: int, gone: Callable[[SubprocessSandbox], None]) -> None:
        self.pid = 0
        self.ended = asyncio.Event()  # the process and its folder are gone
        self._listener: Listener | None = listener
        self._folder, self._cpu, self._gone = folder, cpu, gone
        self._transport: Any = None
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._frames = _Lines(FRAME_BYTES)
        self._stderr = _Lines(LINE_BYTES)
        self._written = 0
        self._last_words = ""
        self._drain: asyncio.TimerHandle | None = None

    async def start(self, command: list[str]) -> None:
        """Start the process and wait until its guest is ready.

        Raises:
            SandboxUnavailable: it does not start.
        """
        loop = asyncio.get_running_loop()
        try:
            await loop.subprocess_exec(
                lambda: self, *command, cwd=self._folder, env=_environment(self._folder), start_new_session=True
            )
        except OSError as error:
            self.ended.set()
            raise SandboxUnavailable(f"No sandbox can be started: {error}.") from error
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._ready
        except TimeoutError:
            raise SandboxUnavailable(f"A sandbox was not ready after {READY_SECONDS} seconds.") from None

    def post(self, text: str) -> None:
        """Post one frame to the guest."""
        if self._listener is not None and self._transport.get_returncode() is None:
            self._transport.get_pipe_transport(0).write(f"{text}\n".encode("ascii"))

    def destroy(self) -> None:
        """End the process and everything it started, at once."""
        self._listener = None
        if not self._ready.done():
            self._ready.cancel()
        if self._transport is None:
            self._clean_up()
        else:
            self._kill()

    # -- what asyncio tells of the process

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the process's transport."""
        self._transport = transport
        self.pid = self._transport.get_pid()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Take what the process wrote."""
        if self._listener is None:
            return
        if fd == 2:
            self._wrote(data)
            return
        for line in self._frames.cut(data):
            if line.startswith(b"{"):
                if self._listener is not None:
                    self._listener.frame(line.decode("ascii", "replace"))
            elif line == READY.encode() and not self._ready.done():
                self._ready.set_result(None)
            else:
                self._abuse("what it posts is no frame")
        if self._frames.too_long:
            self._abuse(f"a frame of more than {FRAME_BYTES:,} bytes")

    def process_exited(self) -> None:
        """Kill what the process left behind, and give its last words a moment to arrive."""
        self._kill()
        if self._transport is not None:
            self._drain = asyncio.get_running_loop().call_later(DRAIN_SECONDS, self._transport.close)

    def connection_lost(self, error: Exception | None) -> None:
        """The process has ended and its pipes are closed."""
        if self._drain is not None:
            self._drain.cancel()
        if self._transport is not None:
            self._transport.close()
        listener, self._listener = self._listener, None
        reason = self._reason()
        self._clean_up()
        if listener is None:
            return
        rest = self._stderr.take()
        if rest:
            listener.wrote(rest.decode("utf-8", "replace"))
        if self._ready.done():
            listener.closed(reason)
        else:
            said = self._last_words or reason
            self._ready.set_exception(SandboxUnavailable(f"No sandbox can be started: {said}."))

    # -- the rest

    def _wrote(self, data: bytes) -> None:
        self._written += len(data)
        if self._written - len(data) > STDERR_BYTES or self._listener is None:
            return
        lines = self._stderr.cut(data)
        if self._stderr.too_long:
            lines.append(self._stderr.take())
        if lines:
            text = b"\n".join(lines).decode("utf-8", "replace")
            self._last_words = text.rpartition("\n")[2][:300]
            self._listener.wrote(text)

    def _abuse(self, what: str) -> None:
        listener = self._listener
        self.destroy()
        if listener is not None:
            listener.closed(f"abuse: {what}")

    def _reason(self) -> str:
        code = self._transport.get_returncode() if self._transport is not None else None
        if code is None or code >= 0:
            return "limit: its memory" if code == OUT_OF_MEMORY else f"crashed: exit code {code}"
        if -code == getattr(signal, "SIGXCPU", 0):
            return f"limit: its {self._cpu} s of CPU time"
        with contextlib.suppress(ValueError):
            return f"crashed: {signal.Signals(-code).name}"
        return f"crashed: signal {-code}"

    def _kill(self) -> None:
        if not self.pid or self.ended.is_set():
            return
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        elif self._transport.get_returncode() is None:
            self._transport.kill()

    def _clean_up(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._gone(self)
        self.ended.set()


class _Lines:
    """Cuts bytes into lines."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._parts: list[bytes] = []
        self._size = 0
        self.too_long = False

    def cut(self, data: bytes) -> list[bytes]:
        """Take more bytes and return the lines they complete."""
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._parts, lines[0]])
            self._parts, self._size = [], 0
        if rest:
            self._parts.append(rest)
            self._size += len(rest)
        self.too_long = self._size > self._longest
        return lines

    def take(self) -> bytes:
        """Take what has come of a line that is not complete."""
        rest = b"".join(self._parts)
        self._parts, self._size, self.too_long = [], 0, False
        return rest


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of a guest: nothing of the host's, but on Windows what Python cannot start without."""
    own = {"HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C.UTF-8"}
    return own | ({"SYSTEMROOT": os.environ["SYSTEMROOT"]} if os.name == "nt" else {})


def write_guest_zip(target: Path) -> None:
    """Write a zip with the bytecode of what a guest may import of this package: all of it but the host's half."""
    sources = sorted(path for part in GUEST_PARTS for path in _sources(PACKAGE / part))
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(target, "w") as archive:
        compiled = Path(scratch) / "compiled"
        for path in sources:
            name = path.relative_to(PACKAGE).as_posix()
            py_compile.compile(
                str(path), str(compiled), f"<dynamic_workflows>/{name}", doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )  # fmt: skip
            archive.writestr(f"dynamic_workflows/{name}c", compiled.read_bytes())
        archive.writestr("__main__.py", MAIN)
    target.chmod(0o400)


def _sources(path: Path) -> list[Path]:
    return [path] if path.is_file() else list(path.rglob("*.py"))

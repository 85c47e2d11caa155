"""A notebook on CPython: an engine in this process over a SQLite file, or a look at one that another process runs."""

from __future__ import annotations

from pathlib import Path

from dynamic_workflows.host.clocks import SystemClock, SystemEntropy
from dynamic_workflows.host.desk.file_reader import FileDesk, read_file
from dynamic_workflows.host.desk.verbs import Desk
from dynamic_workflows.host.history.sqlite import sqlite_store
from dynamic_workflows.host.tenants.platform import Platform
from dynamic_workflows.subprocesses import SubprocessSandboxes


class FileLine:
    """An engine of this process over a SQLite file; every tenant's code has a process of its own."""

    live = read_only = False

    def __init__(self, place: str, platform: Platform) -> None:
        self.place, self._platform, self._desk = place, platform, Desk(platform)
        self.closed = False

    @classmethod
    async def open(cls, path: Path) -> FileLine:
        """Open or make the file and go on with every run in it.

        Raises:
            StoreLost: another engine has it open.
            StoreTooNew, NotAStore: it is not a file of this release.
        """
        platform = await Platform.open(
            sqlite_store(str(path)), clock=SystemClock(), entropy=SystemEntropy(), sandboxes=SubprocessSandboxes()
        )
        return cls(str(path), platform)

    async def request(self, id: str, text: str) -> str:
        """Return the reply of this process's engine."""
        return await self._desk.request(text)

    async def close(self) -> None:
        """Stop the engine in order."""
        self.closed = True
        await self._platform.close()


class ReadingLine:
    """What a SQLite file says, whichever process runs it."""

    live, read_only = False, True

    def __init__(self, place: str, desk: FileDesk) -> None:
        self.place, self._desk = place, desk
        self.closed = False

    @classmethod
    async def open(cls, path: Path) -> ReadingLine:
        """Open an existing file.

        Raises:
            StoreLost: it is not there, or no store.
            StoreTooNew: a newer release writes it.
        """
        clock, entropy = SystemClock(), SystemEntropy()
        return cls(str(path), read_file(str(path), clock=clock, entropy=entropy, sandboxes=SubprocessSandboxes()))

    async def request(self, id: str, text: str) -> str:
        """Return what the file says."""
        return await self._desk.request(text)

    async def close(self) -> None:
        """Let go of the file."""
        self.closed = True
        self._desk.close()

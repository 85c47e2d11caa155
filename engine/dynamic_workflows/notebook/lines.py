"""How a notebook's Python reaches an engine: the Protocol, and which one there is."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from dynamic_workflows.shared.errors import NotAvailableError

ENGINES = "dynamic_workflows.engines"  # the entry points of packages that know an engine elsewhere
DEFAULT_STORE = "workflows.sqlite"


class Line(Protocol):
    """A line to an engine. Requests and replies are the desk's JSON texts."""

    place: str  # where runs are stored, in words
    live: bool  # whether displays follow a run by themselves
    read_only: bool  # whether nothing can be changed over it
    closed: bool

    async def request(self, id: str, text: str) -> str:
        """Return the reply. A request that is sent again with the same id is carried out once.

        Raises:
            NoEngine: there is none any more.
        """

    async def close(self) -> None:
        """Let go of the engine. Runs stay."""


async def open_line(store: Path | None, timeout: float, *, read_only: bool = False) -> Line:
    """Return a line to the engine of this site, where there is one to attach to; else to one over a file.

    With ``read_only`` it is the file itself that is read, whoever runs it.

    Raises:
        NoEngine: nobody answered within ``timeout`` seconds.
        NotAvailableError: a file was asked for where no process can be started.
    """
    elsewhere = list(entry_points(group=ENGINES))
    if store is None and elsewhere:
        line: Line = await elsewhere[0].load()(timeout)
        return line
    if sys.platform == "emscripten":
        raise NotAvailableError("A store of its own", "In a browser connect() takes no file: it attaches to the page.")
    from dynamic_workflows.notebook.files import FileLine, ReadingLine  # the whole engine: who attaches needs none

    path = Path(DEFAULT_STORE) if store is None else store
    return await (ReadingLine.open(path) if read_only else FileLine.open(path))

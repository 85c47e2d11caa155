"""Where in a notebook a tenant's code stands, so that errors can point at the lines that the reader sees."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from dynamic_workflows.shared.errors import CodeError

E = TypeVar("E", bound=Exception)
FRAME = re.compile(r'^(\s*)File "([^"]+)", line (\d+)(.*)$')


class Places:
    """Cells by the text of the module they hold."""

    def __init__(self) -> None:
        self._cells: dict[str, str] = {}  # source -> "Cell In[3]"
        self._versions: dict[str, dict[str, str]] = {}  # version -> file -> "Cell In[3]"

    def add(self, source: str, cell: str) -> None:
        """Note that a cell holds this module."""
        self._cells[source] = cell

    def deployed(self, version: str, files: Mapping[str, str]) -> None:
        """Note which files of a version are cells."""
        self._versions[version] = {name: self._cells[text] for name, text in files.items() if text in self._cells}

    def noted(self, error: CodeError, files: Mapping[str, str]) -> CodeError:
        """Return an error of loading code with a note that shows the line."""
        if error.file is None or error.line is None:
            return error
        text = files.get(error.file, "")
        lines = text.splitlines()
        where = self._cells.get(text, f'File "{error.file}"')
        note = [f"  {where}, line {error.line}"]
        if 0 < error.line <= len(lines):
            line = lines[error.line - 1]
            note.append(f"    {line.strip()}")
            if error.column:
                indent = len(line) - len(line.lstrip())
                note.append(f"    {' ' * max(0, error.column - 1 - indent)}^")
        error.add_note("\n".join(note))
        return error

    def raised(self, error: E, summary: Mapping[str, Any]) -> E:
        """Return the error of a run with a note that shows where in the tenant's code it was raised."""
        traceback = (summary["error"] or {}).get("traceback")
        if traceback:
            error.add_note(self.traceback(traceback, summary["version"]))
        return error

    def traceback(self, text: str, version: str) -> str:
        """Return a tenant's traceback with cells in place of the names of the files they were sent as."""
        cells, shown = self._versions.get(version, {}), []
        for line in text.rstrip().splitlines():
            frame = FRAME.match(line)
            cell = cells.get(frame[2]) if frame else None
            shown.append(f"{frame[1]}{cell}, line {frame[3]}{frame[4]}" if frame and cell else line)
        return "\n".join(shown)

"""``%%workflow tenant=acme payload={...} into=order``: the cell is a tenant's module, and its value is the run.

The cell becomes one ``await`` before IPython looks at it, so that the loop of the notebook goes on meanwhile, the value
goes to ``Out[n]``, and what is raised is the cell's own error.
"""

from __future__ import annotations

import ast
import contextlib
import re
import sys
from typing import TYPE_CHECKING, Any

from dynamic_workflows.notebook.instances import Instance
from dynamic_workflows.notebook.shown import shell_of_a_notebook
from dynamic_workflows.shared.errors import InvalidOptions

if TYPE_CHECKING:
    from dynamic_workflows.notebook.connection import Connection

NAME = "%%workflow"
OPTIONS = ("tenant", "payload", "id", "into", "entrypoint", "file")
FIRST_LINE = "# %%workflow\n"  # in the place of the magic's own line: lines count as in the cell
USAGE = '%%workflow tenant=acme payload={"item": "lamp"} into=order'
PATIENCE = 2.0  # seconds until a picture that stays as it is shows more than that the run is queued
_OPTION = re.compile(rf"(?:^|(?<=\s))({'|'.join(OPTIONS)})=")
_OPENING, _CLOSING, _QUOTES = "([{", ")]}", "\"'"

_current: list[Connection] = []  # the connection that was made or found last


def register(connection: Connection) -> None:
    """Let cells run over this connection from now on; in IPython, bring the magic."""
    _current[:] = [connection]
    shell = _shell()
    if shell is not None:
        load_ipython_extension(shell)


def load_ipython_extension(shell: Any) -> None:
    """Add ``%%workflow`` to an IPython shell. ``connect`` does it too."""
    transforms = shell.input_transformer_manager.line_transforms
    if transformed not in transforms:
        transforms.insert(0, transformed)  # before IPython's own transformer of cell magics


def unload_ipython_extension(shell: Any) -> None:
    """Take ``%%workflow`` away."""
    transforms = shell.input_transformer_manager.line_transforms
    if transformed in transforms:
        transforms.remove(transformed)


def transformed(lines: list[str]) -> list[str]:
    """Return the lines of a cell; those of a cell that begins with the magic are one call."""
    if not lines or lines[0].split()[:1] != [NAME]:
        return lines
    home = f"__import__({__name__!r}, fromlist=['run_cell'])"
    try:
        options = read_options(lines[0].strip()[len(NAME) :])
    except InvalidOptions as error:
        return [f"raise {home}.InvalidOptions({str(error)!r})\n"]
    into = options.pop("into", None)
    given = "".join(f", {name}={f'({text})' if name == 'payload' else repr(text)}" for name, text in options.items())
    call = f"await {home}.run_cell({''.join(lines[1:])!r}{given})\n"
    return [call] if into is None else [f"{into} = {call}", f"{into}\n"]


def read_options(line: str) -> dict[str, str]:
    """Return the options by name. ``payload`` is a Python expression and may hold spaces; it is not evaluated here.

    Raises:
        InvalidOptions: an option is unknown, twice there or missing, or the payload is no expression.
    """
    starts = [found for found in _OPTION.finditer(line) if not _is_nested(line[: found.start()])]
    if line[: starts[0].start() if starts else len(line)].strip():
        raise InvalidOptions(f"{NAME} takes {', '.join(f'{name}=' for name in OPTIONS)}: {USAGE}")
    found: dict[str, str] = {}
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(line)
        name, text = start[1], line[start.end() : end].strip()
        if name in found:
            raise InvalidOptions(f"{NAME} has {name}= twice.")
        found[name] = text if name == "payload" else text.strip(_QUOTES)
    if not found.get("tenant"):
        raise InvalidOptions(f"{NAME} needs tenant=: {USAGE}")
    _check(found)
    return found


def _check(found: dict[str, str]) -> None:
    for name, text in found.items():
        if name != "payload" and len(text.split()) != 1:
            raise InvalidOptions(f"{NAME}: {name}={text!r:.80} is not one word. There are {', '.join(OPTIONS)}.")
    if not found.get("into", "run").isidentifier():
        raise InvalidOptions(f"{NAME}: into={found['into']!r:.80} is no name that a variable can have.")
    try:
        ast.parse(found.get("payload", "None"), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise InvalidOptions(f"{NAME}: payload={found['payload']!r:.200} is not a Python expression: {error}") from None


def _is_nested(text: str) -> bool:
    """Tell whether a text ends within brackets or quotes."""
    depth, quote = 0, ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in _QUOTES:
            quote = char
        else:
            depth += (char in _OPENING) - (char in _CLOSING)
    return depth > 0 or bool(quote)


async def run_cell(
    body: str,
    *,
    tenant: str,
    payload: Any = None,
    id: str | None = None,
    entrypoint: str | None = None,
    file: str = "workflow.py",
) -> Instance:
    """Deploy a cell and create an instance of it: what ``%%workflow`` does."""
    from dynamic_workflows.notebook.connection import connect

    connection = _current[0] if _current and not _current[0].closed else await connect()
    source = FIRST_LINE + body
    shell = _shell()
    if shell is not None:
        connection.places.add(source, f"Cell In[{shell.execution_count}]")
    instance = await connection.run(tenant, source, payload, id=id, main=file, entrypoint=entrypoint)
    if not connection.live and shell_of_a_notebook() is None:
        with contextlib.suppress(TimeoutError):
            await instance.settled(timeout=PATIENCE)
    return instance


def _shell() -> Any:
    """Return the shell of IPython, where this process is one."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()

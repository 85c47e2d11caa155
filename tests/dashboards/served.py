"""`panel serve` of the dashboards, in an environment that has Panel, over a store."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
APP = ROOT / "content" / "dashboards" / "app.py"
NEEDS = [ROOT / "requirements" / f"{name}.txt" for name in ("dashboards", "libs")]
ENVIRONMENT = ROOT / "build" / "dashboards"
RUNNING = re.compile(r"running at: (http://\S+)")
# Another process that runs a store: it makes an order for each line it is given, and says so once it waits.
OWNER = """
import asyncio, sys
from pathlib import Path
from dynamic_workflows.notebook import connect

async def main(store, source):
    async with await connect(store) as platform:
        while line := await asyncio.to_thread(sys.stdin.readline):
            await (await platform.run("acme", Path(source).read_text(), "lamp", id=line.strip())).settled()
            print(line, end="", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


def python() -> Path:
    """Return the Python that has Panel; it is installed on first use, and again when the requirements change."""
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in NEEDS)).hexdigest()
    found, made = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "made"
    if not made.is_file() or made.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        needs = [part for path in NEEDS for part in ("-r", str(path))]
        subprocess.run([found, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *needs], check=True)
        made.write_text(wanted)
    return found


def environment() -> dict[str, str]:
    """Return the variables of a process that finds this package."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "engine"), "PYTHONUNBUFFERED": "1"}


@contextmanager
def serving(store: Path) -> Iterator[str]:
    """Serve the dashboards over a store and yield their address."""
    command = [str(part) for part in (python(), "-m", "panel", "serve", APP, "--port", 0, "--args", store)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment(), cwd=store.parent) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        found = RUNNING.search(line)
        if found:
            return found[1]
    raise AssertionError(f"panel serve ended:\n{said}")


class Owner:
    """A process that runs a store."""

    def __init__(self, store: Path, source: Path) -> None:
        command = [sys.executable, "-c", OWNER, str(store), str(source)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(command, text=True, env=environment(), **pipes)  # type: ignore[call-overload]

    def make(self, id: str) -> None:
        """Make an order and return when it waits for an event."""
        self._process.stdin.write(f"{id}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == f"{id}\n"

    def end(self) -> None:
        """End it in order."""
        self._process.stdin.close()
        assert self._process.wait(60) == 0
        self._process.stdout.close()

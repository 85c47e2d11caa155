"""Runs the real command, in a process and a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

ENGINE = Path(__file__).resolve().parents[3] / "engine"
COMMAND = [sys.executable, "-m", "dynamic_workflows"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ENGINE), "TERM": "dumb"}


class Done:
    """A command that has ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        assert "Traceback" not in err or code == 1, err

    @property
    def sentence(self) -> str:
        """What it says is wrong, without the page of the docs that is named below it."""
        return re.sub(r"\nSee errors/\w+ in the docs\.$", "", self.err.rstrip("\n"))


class Place:
    """A folder with files, where commands run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.going: list[Going] = []

    def write(self, name: str, source: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(source))

    def run(self, *arguments: str, stdin: str | None = None) -> Done:
        """Run a command to its end."""
        done = subprocess.run(
            [*COMMAND, *arguments], cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, input=stdin,
            check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> Going:
        """Start a command that goes on for a while; it ends with the test at the latest."""
        process = subprocess.Popen(
            [*COMMAND, *arguments], cwd=self.folder, env=ENVIRONMENT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_interruptible,
        )  # fmt: skip
        self.going.append(Going(process))
        return self.going[-1]

    def clear(self) -> None:
        """End what still goes on."""
        for going in self.going:
            if going.process.poll() is None:
                going.stop(signal.SIGKILL)


def _interruptible() -> None:
    """Let Ctrl-C arrive: what runs in the background of a script ignores it, and hands that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Going:
    """A command that goes on."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._seen = ""

    def until(self, text: str) -> None:
        """Read its output up to a line that holds a text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._seen += line
            if text in line:
                return
        raise AssertionError(f"{text!r} was never said: {self._seen}{self.stop().err}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> Done:
        """Send a signal and wait for the end."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        out, err = self.process.communicate()
        return Done(self.process.returncode, self._seen + out, err)

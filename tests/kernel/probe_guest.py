"""A guest that runs whatever it is sent: what hostile tenant code could do, without the protocol in between.

Packed as `dynamic_workflows.guest.worker` in the place of the real one (see `probe_zip`).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Guest:
    """Executes the frames it receives as Python."""

    def __init__(
        self,
        *,
        post: Callable[[str], None],
        arm: Callable[[int], None],
        elapsed: Callable[[], int],
        folder: Callable[[object], str],
        switch: object,
    ) -> None:
        self.names: dict[str, Any] = {"post": post, "arm": arm, "elapsed": elapsed}

    def receive(self, text: str) -> None:
        """Run one frame; an error is posted like a result."""
        try:
            exec(text, self.names)
        except Exception as error:
            self.names["post"](f"{type(error).__name__}: {error}")

    def turn(self) -> None:
        """Tell that an armed timer is due."""
        self.names["post"]("turn")


def probe_zip() -> bytes:
    """Return a guest.zip that holds this module as the guest."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for package in ("dynamic_workflows", "dynamic_workflows/guest"):
            archive.writestr(f"{package}/__init__.py", "")
        archive.writestr("dynamic_workflows/guest/warmup.py", "def warmup(): pass\n")
        archive.writestr("dynamic_workflows/guest/blocking.py", "run_sync = can_run_sync = None\n")
        archive.writestr("dynamic_workflows/guest/worker.py", Path(__file__).read_text())
    return out.getvalue()

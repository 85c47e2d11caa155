"""Build steps that run again only when what they read has changed."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path


class BuildError(Exception):
    """Raised when the site cannot be built; the message says why and what to do."""


def files_under(*roots: Path, suffixes: tuple[str, ...] = ()) -> list[Path]:
    """Return the files below the roots (a root may be a file itself), sorted, without caches."""
    found: set[Path] = set()
    for root in roots:
        candidates = [root] if root.is_file() else root.rglob("*")
        found.update(path for path in candidates if path.is_file() and "__pycache__" not in path.parts)
    return sorted(path for path in found if not suffixes or path.suffix in suffixes)


def digest(paths: Iterable[Path], facts: object = None) -> str:
    """Return one hash over the names and contents of files, and over facts that belong to them."""
    total = hashlib.sha256(json.dumps(facts).encode())
    for path in paths:
        if not path.exists():
            raise BuildError(f"The file {path} is missing.")
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path}\0{content}\n".encode())
    return total.hexdigest()


@dataclass
class Steps:
    """Runs build steps and remembers, in one stamp file per step, what each read and wrote."""

    root: Path
    ran: list[str] = field(default_factory=list)

    def step(
        self,
        title: str,
        *,
        reads: Iterable[Path],
        action: Callable[[], Iterable[Path]],
        facts: object = None,
    ) -> list[Path]:
        """Run `action` unless an earlier run read the same and its outputs are still there; return the outputs."""
        stamp = self.root / "build" / "stamps" / f"{title.replace(' ', '-')}.json"
        then, outputs = self._before(stamp)
        current = digest(sorted(reads), facts)
        if then == current and all(path.exists() for path in outputs):
            return outputs
        self._say(f"  {title} …")
        began = time.monotonic()
        stamp.unlink(missing_ok=True)
        written = sorted(action())
        for stale in set(outputs) - set(written):
            stale.unlink(missing_ok=True)
        stamp.parent.mkdir(parents=True, exist_ok=True)
        names = [path.relative_to(self.root).as_posix() for path in written]
        stamp.write_text(json.dumps({"reads": current, "outputs": names}))
        self._say(f"  {title}: {time.monotonic() - began:.1f} s")
        self.ran.append(title)
        return written

    def _before(self, stamp: Path) -> tuple[str | None, list[Path]]:
        """Return what an earlier run read and wrote, or nothing when there was none or its stamp was cut off."""
        try:
            value = json.loads(stamp.read_text())
            return value["reads"], [self.root / name for name in value["outputs"]]
        except (OSError, ValueError, KeyError, TypeError):
            return None, []

    @staticmethod
    def _say(text: str) -> None:
        """Print a line; on a terminal, one that announces a step is replaced by the one that ends it."""
        passing = text.endswith("…") and sys.stdout.isatty()
        print(text, end="\r" if passing else "\n", flush=True)

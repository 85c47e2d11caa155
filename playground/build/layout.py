"""Where the build finds and leaves things."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from playground.build.steps import BuildError


@dataclass(frozen=True)
class Layout:
    """The folders of one checkout."""

    root: Path

    @property
    def engine(self) -> Path:
        """The engine package."""
        return self.root / "engine" / "dynamic_workflows"

    @property
    def glue(self) -> Path:
        """The Python package that plugs the browser into the engine."""
        return self.root / "kernel" / "glue" / "dynamic_workflows_browser"

    @property
    def kernel(self) -> Path:
        """The browser runtime's modules."""
        return self.root / "kernel"

    @property
    def playground(self) -> Path:
        """The page's sources."""
        return self.root / "playground"

    @property
    def examples(self) -> Path:
        """The example workflows, a folder each."""
        return self.root / "content" / "examples"

    @property
    def pyodide(self) -> Path:
        """Pyodide's npm package."""
        return self.root / "node_modules" / "pyodide"

    @property
    def work(self) -> Path:
        """Intermediate files."""
        return self.root / "build"

    @property
    def dist(self) -> Path:
        """The site."""
        return self.root / "dist"

    @property
    def runtime(self) -> Path:
        """What Python needs in the browser, before it gets its addresses."""
        return self.kernel_parts

    @property
    def kernel_parts(self) -> Path:
        """Everything the kernel loads, under the names it knows."""
        return self.work / "kernel-parts"

    @property
    def manifest(self) -> Path:
        """What is in the site."""
        return self.dist / "runtime" / "manifest.json"

    @property
    def service_worker(self) -> Path:
        """The service worker's script; it lists the other files."""
        return self.dist / "offline.js"

    @property
    def builder(self) -> Path:
        """The builder itself: a change of it builds again."""
        return self.playground / "build"

    @cached_property
    def facts(self) -> dict[str, str | None]:
        """What the page says of itself: its version, Pyodide's, and the address it is published at."""
        pyodide = json.loads((self.pyodide / "package.json").read_bytes())["version"]
        return {"version": self.version, "pyodide": pyodide, "publicUrl": public_url(os.environ.get("PUBLIC_URL", ""))}

    @cached_property
    def version(self) -> str:
        """The version in pyproject.toml."""
        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        return str(project["project"]["version"])


def public_url(text: str) -> str | None:
    """Return the folder that links are made with, or None where the page's own address is right.

    Raises:
        BuildError: PUBLIC_URL is no http(s) address.
    """
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise BuildError(f"PUBLIC_URL={text} is not an address: give one like https://example.org/workflows/.")
    return text.rstrip("/") + "/"

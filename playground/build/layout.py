"""Where the build finds and leaves things."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


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
    def version(self) -> str:
        """The version in pyproject.toml."""
        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        return str(project["project"]["version"])

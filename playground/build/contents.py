"""Lists folders of notebooks as a Jupyter server would: JupyterLite reads the listing from a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from playground.build.steps import BuildError

KINDS = {
    ".ipynb": ("notebook", None),
    ".py": ("file", "text/x-python"),
    ".csv": ("file", "text/csv"),
    ".json": ("file", "application/json"),
    ".md": ("file", "text/markdown"),
}
MOMENT = "2026-11-21T00:00:00Z"  # of this release: the same build twice gives the same bytes


def contents_index(root: Path, files: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Return the listing of every folder below `root` by its path; the root's is "".

    Raises:
        BuildError: a file is of a kind that notebooks do not come with.
    """
    listings: dict[str, dict[str, Any]] = {"": _folder("")}
    for file in sorted(files):
        path = file.relative_to(root)
        for parent in [*reversed(path.parents)][1:]:
            name = parent.as_posix()
            if name not in listings:
                listings[name] = _folder(name)
                listings[_above(parent)]["content"].append({**_folder(name), "content": None, "format": None})
        listings[_above(path)]["content"].append(_file(path, file.stat().st_size))
    return listings


def _above(path: Path) -> str:
    parent = path.parent.as_posix()
    return "" if parent == "." else parent


def _folder(name: str) -> dict[str, Any]:
    return {**_common(name), "type": "directory", "format": "json", "mimetype": None, "size": None, "content": []}


def _file(path: Path, size: int) -> dict[str, Any]:
    if path.suffix not in KINDS:
        raise BuildError(f"content/notebooks/{path} is of no kind that notebooks come with ({', '.join(KINDS)}).")
    type, mime = KINDS[path.suffix]
    return {**_common(path.as_posix()), "type": type, "format": None, "mimetype": mime, "size": size, "content": None}


def _common(name: str) -> dict[str, Any]:
    leaf = name.rpartition("/")[2]
    return {"name": leaf, "path": name, "created": MOMENT, "last_modified": MOMENT, "writable": True, "hash": None,
            "hash_algorithm": None}  # fmt: skip

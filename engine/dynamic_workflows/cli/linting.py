"""``dynamic-workflows lint``: the problems of files, as editors and scripts read them."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from dynamic_workflows.cli.errors import OK, PROBLEMS, UserError
from dynamic_workflows.cli.files import read_source
from dynamic_workflows.cli.words import clean
from dynamic_workflows.lint import Problem
from dynamic_workflows.lint import lint as problems_of


def lint(options: argparse.Namespace) -> int:
    """Tell the problems of the named files; return 1 if there is one that is more than a hint."""
    files = sorted({file for name in options.files for file in _python_files(Path(name))})
    found = [problem for problem in _problems(files) if options.hints or problem.severity != "hint"]
    if options.json:
        print(json.dumps([problem.record() for problem in found], indent=1))
    else:
        _tell(found, len(files))
    return PROBLEMS if any(problem.severity != "hint" for problem in found) else OK


def _tell(found: list[Problem], files: int) -> None:
    for problem in found:
        print(clean(problem))
    for page in sorted({problem.page for problem in found}):
        print(f"See {page} in the docs.")
    if not found:
        print(f"No problems in {files} {'file' if files == 1 else 'files'}.")


def _problems(files: Iterable[Path]) -> Iterator[Problem]:
    """Lint the files of each folder together: they may import one another."""
    folders: dict[Path, dict[str, str]] = defaultdict(dict)
    for file in files:
        folders[file.parent][file.name] = read_source(file)
    for folder, texts in folders.items():
        for problem in problems_of(texts):
            yield replace(problem, file=str(folder / problem.file))


def _python_files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        inside = (file.relative_to(path) for file in path.rglob("*.py"))
        yield from (path / file for file in inside if not any(part.startswith(".") for part in file.parts))
    elif path.is_file() and path.suffix == ".py":
        yield path
    else:
        raise UserError(f"{path} is not a Python file (.py)." if path.exists() else f"There is no file {path}.")

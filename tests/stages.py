"""Runs the stages of `make test`, each with its title and its time: `python -m tests.stages [STAGE …]`.

Two stages run at once, the longest first; what a stage printed is shown when it has ended. One stage alone, or
`LANES=1`, prints as it goes; on a larger machine `LANES=4` is quicker.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from playground.build.steps import BuildError, Steps
from playground.build.tools import Node, download_wheels, find_node, install_packages

ROOT = Path(__file__).resolve().parents[1]
WHEELS = ROOT / "build" / "wheels"
BROWSER_TIMEOUT = "--timeout=300"
LANES = 2
QUICK = ("lint", "types", "javascript", "house")
LONGEST = ("kernel", "engine", "playground", "pyodide", "e2e", "attacks", "notebooks")  # so that none is left over
ON_CPYTHON = ("connect", "jupyter", "magic", "on_cpython", "read_only")  # of tests/notebooks: those without a browser


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what it is called, what it says, and the commands it runs."""

    name: str
    title: str
    commands: Callable[[Node], list[list[str]]]
    needs_site: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """How a stage ended, and how long it took."""

    stage: Stage
    passed: bool
    seconds: float


_speaking = threading.Lock()


def _python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


def _pyodide(node: Node) -> list[list[str]]:
    for title, name in (("libraries for the browser", "libs"), ("pytest for Pyodide", "pyodide-tests")):
        download_wheels(Steps(ROOT), title, ROOT / "requirements" / f"{name}.txt", WHEELS / name)
    return [[str(node.node), "tests/pyodide/run.mjs", str(WHEELS), "tests/engine", "tests/conformance"]]


def _scripts(node: Node) -> list[list[str]]:
    tests = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("*.test.mjs"))
    if not tests:
        raise BuildError("There is no tests/**/*.test.mjs.")
    return [[str(node.node), "--test", "--test-reporter=spec", *tests]]


BUILD = Stage("build", "The site", lambda _: [_python("playground.build")])
STAGES = [
    Stage("lint", "Lint", lambda _: [_python("ruff", "check", "."), _python("ruff", "format", "--check", ".")]),
    Stage(
        "types",
        "Types of the Python",
        lambda _: [_python("mypy", "content/dashboards", "engine", "kernel/glue", "playground", "tests")],
    ),
    Stage("javascript", "Types of the JavaScript", lambda node: [[str(node.node), "node_modules/typescript/bin/tsc"]]),
    Stage("house", "Rooms, import rules and the built site", lambda _: [_python("pytest", "tests/house")], True),
    Stage("engine", "Engine on CPython", lambda _: [_python("pytest", "tests/engine")]),
    Stage(
        "simulation",
        "Simulated runs with faults, and histories of earlier releases",
        lambda _: [_python("pytest", BROWSER_TIMEOUT, "tests/simulation", "tests/histories")],
    ),
    Stage("docs", "Docs: blocks, errors, names and tables", lambda _: [_python("pytest", "tests/docs")]),
    Stage("conformance", "Every case over every guest on CPython", lambda _: [_python("pytest", "tests/conformance")]),
    Stage("pyodide", "The same engine tests and cases inside Pyodide", _pyodide),
    Stage("scripts", "JavaScript modules under Node", _scripts),
    Stage(
        "guests",
        "Every case over the guests of a browser",
        lambda _: [_python("pytest", BROWSER_TIMEOUT, "tests/browser_guests")],
        True,
    ),
    Stage("kernel", "Kernel in Chromium", lambda _: [_python("pytest", BROWSER_TIMEOUT, "tests/kernel")], True),
    Stage(
        "attacks", "Hostile tenants in Chromium", lambda _: [_python("pytest", BROWSER_TIMEOUT, "tests/attacks")], True
    ),
    Stage("playground", "Page in Chromium", lambda _: [_python("pytest", BROWSER_TIMEOUT, "tests/playground")], True),
    Stage(
        "notebooks",
        "Notebooks: on CPython, and executed in the site in Chromium",
        lambda _: [  # two processes: a browser driven from Python keeps an event loop, and the first ones start their own
            _python("pytest", *(f"tests/notebooks/test_{name}.py" for name in ON_CPYTHON)),
            _python(
                "pytest",
                BROWSER_TIMEOUT,
                "tests/notebooks",
                *(f"--ignore=tests/notebooks/test_{name}.py" for name in ON_CPYTHON),
            ),
        ],
        True,
    ),
    Stage(
        "dashboards",
        "Dashboards: figures, panel serve on CPython, and the site in Chromium",
        lambda _: [
            _python("pytest", BROWSER_TIMEOUT, "tests/dashboards", "--ignore=tests/dashboards/site"),
            _python("pytest", BROWSER_TIMEOUT, "tests/dashboards/site"),
        ],
        True,
    ),
    Stage("crash", "Kills in Chromium", lambda _: [_python("pytest", BROWSER_TIMEOUT, "tests/crash")], True),
    Stage("e2e", "Whole stories in Chromium", lambda _: [_python("pytest", BROWSER_TIMEOUT, "tests/e2e")], True),
]


def main(wanted: list[str]) -> int:
    """Run the wanted stages, or all; go on after a failure so that one run tells everything."""
    unknown = set(wanted) - {stage.name for stage in STAGES}
    if unknown:
        names = ", ".join(stage.name for stage in STAGES)
        print(f"There is no stage {', '.join(sorted(unknown))}. The stages: {names}.", file=sys.stderr)
        return 2
    try:
        node = find_node(ROOT)
        install_packages(Steps(ROOT), node)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    chosen = [stage for stage in STAGES if not wanted or stage.name in wanted]
    results: list[Result] = []
    if any(stage.needs_site for stage in chosen):
        results.append(_run(BUILD, node, live=True))
    lanes = min(int(os.environ.get("LANES") or LANES), len(chosen))
    with ThreadPoolExecutor(lanes) as pool:
        results += pool.map(lambda stage: _run(stage, node, live=lanes == 1), sorted(chosen, key=_turn))
    print()
    for result in results:
        print(
            f"{'passed' if result.passed else 'FAILED'}  {result.seconds:6.1f} s  {result.stage.title} ({result.stage.name})"
        )
    return 0 if all(result.passed for result in results) else 1


def _turn(stage: Stage) -> int:
    """Return when a stage begins: those that end at once, then the longest, then the others."""
    if stage.name in QUICK:
        return -1
    return LONGEST.index(stage.name) if stage.name in LONGEST else len(LONGEST)


def _run(stage: Stage, node: Node, *, live: bool) -> Result:
    """Run one stage's commands up to the first that fails; unless `live`, show their output at the end, in one piece."""
    _say(f"\n=== {stage.title} ({stage.name})")
    environment = {**os.environ, "PATH": f"{node.node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as kept:
        output = None if live else kept
        try:
            passed = all(
                subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=output, check=False).returncode
                == 0
                for command in stage.commands(node)
            )
        except BuildError as error:
            print(error, file=output or sys.stderr)
            passed = False
        seconds = time.monotonic() - began
        kept.seek(0)
        _say(f"{kept.read()}=== {stage.title} ({stage.name}): {'passed' if passed else 'FAILED'}, {seconds:.1f} s")
    return Result(stage, passed, seconds)


def _say(text: str) -> None:
    with _speaking:
        print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

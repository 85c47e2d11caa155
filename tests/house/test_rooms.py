"""The checkout holds what it should, and nothing that ties it to one machine or one registry."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib

import pytest

from tests.house.sources import ROOT

FILES = [
    ".ci/run",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "content/examples/order/example.json",
    "engine/dynamic_workflows/__init__.py",
    "engine/dynamic_workflows/py.typed",
    "jupyter-lite.json",
    "kernel/client.js",
    "kernel/engine-worker.js",
    "kernel/frame.js",
    "kernel/sandbox-worker.js",
    "package-lock.json",
    "playground/index.html",
    "pyproject.toml",
]
LONGEST_FILE = 500
LONGEST_MAKEFILE = 60
MARKER = r'(?:; python_version [<>]=? "3\.\d+")?'  # one release for old Pythons, another for new ones


def tracked() -> list[str]:
    """Return the files that git tracks, or would: new ones that are not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("name", FILES)
def test_the_house_has(name: str) -> None:
    assert (ROOT / name).is_file()


def test_ci_runs_what_the_readme_says() -> None:
    ci, readme = ((ROOT / name).read_text(encoding="utf-8") for name in (".ci/run", "README.md"))
    for command in ("make test", "make test-browsers"):
        assert command in ci
    for command in ("make playground", "make test"):
        assert command in readme
    assert "Independent project, not affiliated with Cloudflare." in readme


def test_lock_and_requirements_name_no_host_and_pin_every_version() -> None:
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in re.sub(r'"url": "https?://[^"]*"', "", lock), "funding links aside, a lock names no address"
    assert "resolved" not in lock
    assert all(
        re.fullmatch(r"[\d.]+", pin)
        for pin in json.loads((ROOT / "package.json").read_bytes())["devDependencies"].values()
    )
    for path in (ROOT / "requirements").glob("*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert line.startswith("#") or re.fullmatch(rf"[a-z0-9-]+==[\w.]+{MARKER}", line), f"{path.name}: {line}"


def test_one_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changes = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    package = (ROOT / "engine/dynamic_workflows/__init__.py").read_text(encoding="utf-8")
    assert re.findall(r'^__version__(?:: Final)? = "(.+)"', package, re.MULTILINE) == [project["version"]]
    assert changes[0] == project["version"]


def test_no_source_file_is_too_long_to_hold_in_mind() -> None:
    lengths = {
        name: (ROOT / name).read_text(encoding="utf-8").count("\n")
        for name in tracked()
        if name.startswith(("engine/", "kernel/", "playground/"))
        and name.endswith((".py", ".js", ".mjs", ".css", ".html"))
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}
    assert (ROOT / "Makefile").read_text(encoding="utf-8").count("\n") <= LONGEST_MAKEFILE


def test_every_script_is_checked_by_the_type_checker() -> None:
    scripts = [
        name for name in tracked() if name.startswith(("kernel/", "playground/")) and name.endswith((".js", ".mjs"))
    ]
    unchecked = [name for name in scripts if not (ROOT / name).read_text(encoding="utf-8").startswith("// @ts-check")]
    assert unchecked == []

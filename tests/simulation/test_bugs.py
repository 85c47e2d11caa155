"""Bugs put in on purpose: a patch to a copy of the engine, and seeds that have to find it by the right name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUGS = sorted((Path(__file__).parent / "bugs").glob("*.patch"))
RUNS = 600  # seeds that a bug may take to be found


def patched(patch: Path, folder: Path) -> Path:
    """Return a copy of the engine with the bug in it."""
    shutil.copytree(ROOT / "engine", folder / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    command = ["git", "apply", "-p0", str(patch)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(
            f"{patch.name} no longer applies, because the lines around its bug have changed:\n{done.stderr}\n"
            "Put the same bug into today's engine, and write the patch anew with: git diff -U2 --no-prefix engine"
        )
    return folder / "engine"


@pytest.mark.parametrize("patch", BUGS, ids=lambda patch: patch.stem)
def test_the_simulator_finds(patch: Path, tmp_path: Path) -> None:
    engine = patched(patch, tmp_path)
    named = re.findall(r"^Breaks: (\w+)$", patch.read_text(encoding="utf-8"), re.MULTILINE)
    command = [sys.executable, "-m", "tests.simulation", "--from", "0", "--runs", str(RUNS), "--plainly"]
    paths = f"{engine}{os.pathsep}{ROOT}"
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    found, _, _ = done.stdout.partition(":")
    assert done.returncode == 1, f"{RUNS} seeds do not find it: {done.stdout}{done.stderr}"
    assert found in named, done.stdout
    assert "See it: python -m tests.simulation --seed" in done.stdout

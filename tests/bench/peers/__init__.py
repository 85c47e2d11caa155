"""The engines that ours is measured against, each installed on first use into build/bench."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from playground.build.tools import find_node

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
WORK = ROOT / "build" / "bench"

Shape = tuple[int, int]  # instances, steps of each


def dbos(shapes: list[Shape]) -> dict[Shape, float]:
    """Return DBOS's steps per second on SQLite."""
    python = WORK / "dbos" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", WORK / "dbos"], check=True)
        needs = ["-r", str(ROOT / "requirements" / "bench.txt")]
        subprocess.run([str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *needs], check=True)
    return _rates([python, HERE / "dbos_steps.py"], WORK, shapes)


def miniflare(shapes: list[Shape]) -> dict[Shape, float]:
    """Return the steps per second of Cloudflare's local engine, through its Dynamic Workflows library."""
    node, folder = find_node(ROOT), WORK / "miniflare"
    if not (folder / "node_modules" / "miniflare").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "miniflare" / name, folder)
        subprocess.run([*node.npm, "ci", "--engine-strict=false", "--silent"], cwd=folder, check=True)
    return _rates([node.node, HERE / "miniflare" / "steps.mjs"], folder, shapes)


def _rates(command: list[str | Path], folder: Path, shapes: list[Shape]) -> dict[Shape, float]:
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [f"{instances}x{steps}" for instances, steps in shapes]
    said = subprocess.run([*command, *wanted], cwd=folder, check=True, capture_output=True, text=True).stdout
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return dict(zip(shapes, (line["rate"] for line in lines), strict=True))

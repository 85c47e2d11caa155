"""What the package offers by name, and that the README's program runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import dynamic_workflows

ROOT = Path(__file__).parents[2]


def test_every_public_name_is_there_and_every_other_is_not() -> None:
    for name in dynamic_workflows.__all__:
        assert getattr(dynamic_workflows, name).__name__ == name
    assert not hasattr(dynamic_workflows, "Nothing")
    homes = [name for names in dynamic_workflows._HOMES.values() for name in names]
    assert sorted(homes) == sorted(dynamic_workflows.__all__)


def test_the_program_in_the_readme_runs(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) == ("Hello, Ada", "")
    assert (tmp_path / "app.sqlite").exists()

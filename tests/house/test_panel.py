"""Panel in the site: real numpy and pandas where a full Pyodide distribution is named, and stand-ins where none is."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from playground.build.lock import NOT_WANTED, lock_text
from playground.build.panel import VARIABLE, real_packages
from playground.build.steps import BuildError
from playground.build.wheels import pack
from tests.house.sources import ROOT

CORE_LOCK = ROOT / "node_modules" / "pyodide" / "pyodide-lock.json"
ABI = json.loads(CORE_LOCK.read_bytes())["info"]["abi_version"]
NEEDS = {
    "numpy": [],
    "pandas": ["numpy", "python-dateutil", "pytz"],
    "pytz": [],
    "python-dateutil": [],
    "scipy": ["numpy"],
}


@pytest.fixture
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder shaped like a full distribution of this Pyodide, and name it to the build."""
    packages = {
        name: {"name": name, "file_name": f"{name}-1.0-wasm32.whl", "depends": needs} for name, needs in NEEDS.items()
    }
    for one in packages.values():
        (tmp_path / str(one["file_name"])).write_bytes(b"")
    write(tmp_path, ABI, packages)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def write(folder: Path, abi: str, packages: dict[str, Any]) -> None:
    """Write the lock of a distribution."""
    (folder / "pyodide-lock.json").write_text(json.dumps({"info": {"abi_version": abi}, "packages": packages}))


def test_without_a_distribution_numpy_and_pandas_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    real = real_packages(CORE_LOCK)
    assert (real.wheels, real.entries) == ((), {})
    assert {"numpy", "pandas", "nh3"} <= real.missing


def test_from_a_distribution_come_numpy_and_pandas_with_what_the_site_lacks(distribution: Path, tmp_path: Path) -> None:
    real = real_packages(CORE_LOCK, known={"python-dateutil"})
    assert sorted(real.entries) == ["numpy", "pandas", "pytz"]
    assert [wheel.name for wheel in real.wheels] == [f"{name}-1.0-wasm32.whl" for name in sorted(real.entries)]
    assert not {"numpy", "pandas"} & real.missing
    bokeh = tmp_path / "bokeh-1.0-py3-none-any.whl"
    pack(bokeh, "bokeh", {"bokeh/__init__.py": b""}, ["numpy>=1.16", "nh3"])
    pack(tmp_path / "ours-1.0-py3-none-any.whl", "ours", {"ours/__init__.py": b""}, [])
    text = lock_text(
        CORE_LOCK, [bokeh, tmp_path / "ours-1.0-py3-none-any.whl"], NOT_WANTED | real.missing,
        needs={"bokeh": ["ours"]}, entries={**real.entries, "python-dateutil": {"depends": []}},
    )  # fmt: skip
    packages = json.loads(text)["packages"]
    assert packages["bokeh"]["depends"] == ["numpy", "ours"]
    assert packages["numpy"] == real.entries["numpy"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: write(folder, "1999_0", {}), f"made for ABI 1999_0, and this site's Python has {ABI}"),
        (lambda folder: write(folder, ABI, {"numpy": {"depends": []}}), "has no pandas"),
        (lambda folder: (folder / "pytz-1.0-wasm32.whl").unlink(), "lacks pytz-1.0-wasm32.whl"),
        (lambda folder: (folder / "pyodide-lock.json").unlink(), "holds no pyodide-lock.json"),
    ],
)
def test_a_folder_that_is_no_such_distribution_is_refused_by_name(distribution: Path, change: Any, said: str) -> None:
    change(distribution)
    with pytest.raises(BuildError, match=f"{VARIABLE}={distribution}") as refused:
        real_packages(CORE_LOCK)
    assert said in str(refused.value)


def test_what_is_packed_is_a_wheel(tmp_path: Path) -> None:
    target = tmp_path / "some_thing-1.0-py3-none-any.whl"
    pack(target, "some-thing", {"some_thing/__init__.py": b"x = 1\n"}, ["other"])
    with zipfile.ZipFile(target) as archive:
        metadata = archive.read("some_thing-1.0.dist-info/METADATA").decode()
        record = archive.read("some_thing-1.0.dist-info/RECORD").decode()
    assert metadata.splitlines() == [
        "Metadata-Version: 2.4",
        "Name: some-thing",
        "Version: 1.0",
        "Requires-Dist: other",
    ]
    assert [line.split(",")[0] for line in record.splitlines()] == sorted(
        archive.namelist(), key=lambda n: "RECORD" in n
    )
